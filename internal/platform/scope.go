package platform

import (
	"slices"
	"strings"
)

// Scopes are what a person may allow an app to do, each named after the API that it allows.
var Scopes = []string{"get_user_info", "get_simple_userinfo", "get_vip_info", "get_app_friends"}

// ScopeSet is a set of Scopes, a bit for each. Unknown names are in no set.
type ScopeSet uint32

// ScopesOf returns the set of the names in a list separated by blanks.
func ScopesOf(list string) (set ScopeSet) {
	for name := range strings.FieldsSeq(list) {
		set |= scope(name)
	}
	return set
}

// Has reports whether a scope is in the set.
func (s ScopeSet) Has(name string) bool { return s&scope(name) != 0 }

func scope(name string) ScopeSet {
	if i := slices.Index(Scopes, name); i >= 0 {
		return 1 << i
	}
	return 0
}

// String returns the names of the set separated by blanks, in the order of Scopes.
func (s ScopeSet) String() string {
	var names []string
	for i, name := range Scopes {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
