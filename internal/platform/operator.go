package platform

import (
	"regexp"
	"sync"
)

// OperatorRole is what an operator may do: everything that the roles before it may, and more.
type OperatorRole uint8

// The roles.
const (
	RoleReader   OperatorRole = iota // looks at everything but keys
	RoleOperator                     // changes apps, accounts, groups and the bus's policy, issues tokens, sees apps' keys
	RoleOwner                        // names operators, and rotates the keys that seal tokens
)

var operatorRoles = []string{"reader", "operator", "owner"}

// OperatorRoles returns the names of the roles, the least first.
func OperatorRoles() []string { return operatorRoles }

func (r OperatorRole) String() string { return nameOf(operatorRoles, r) }

// MarshalText writes the role's name.
func (r OperatorRole) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a role's name.
func (r *OperatorRole) UnmarshalText(text []byte) (err error) {
	*r, err = byName[OperatorRole]("role", "role", operatorRoles, string(text))
	return err
}

// Operator is somebody, or a program, that may use the admin API.
type Operator struct {
	Name      string       `json:"name" doc:"the operator's name"`
	Role      OperatorRole `json:"role" oneof:"reader operator owner" doc:"what the operator may do"`
	TokenHash [32]byte     `json:"-"` // SHA-256 of the token
	CreatedMS int64        `json:"created_ms,omitzero" doc:"when the operator was added; missing for the holder of the admin token file"`
	TokenMS   int64        `json:"token_ms,omitzero" doc:"when the token was made; likewise"`
}

var operatorName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9._-]{0,31}$`) })

// CheckOperatorName refuses what is no name of an operator: 1 to 32 characters of a-z, 0-9, dot, underscore and hyphen, the first a
// letter.
func CheckOperatorName(name string) error {
	if !operatorName().MatchString(name) {
		return Invalidf("name", "an operator's name has 1 to 32 characters of a-z, 0-9, dot, underscore and hyphen, and begins with a letter")
	}
	return nil
}
