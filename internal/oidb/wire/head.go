package wire

import "github.com/rookeryhq/rookery/internal/oidb/frame"

// The heads are a part of the frames.
type (
	ID            = frame.ID
	Head          = frame.Head
	Login         = frame.Login
	ClientPackage = frame.ClientPackage
)
