package platform

// Mark says how old data is: its number rises at each start of a platform, and while it runs.
type Mark struct {
	Number  int64 `json:"number"`
	LastUIN UIN   `json:"last_uin,omitzero"` // no account that may have been made so far has a higher number
}
