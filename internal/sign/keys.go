package sign

// Keys are the keys that a wrong signature may have been made with: the right one, and other keys of the same app by what they
// are called.
type Keys struct {
	Right  string
	Others map[string]string
}

// byName returns all keys, the right one under the given name.
func (k Keys) byName(right string) map[string]string {
	all := map[string]string{right: k.Right}
	for name, key := range k.Others {
		all[name] = key
	}
	return all
}
