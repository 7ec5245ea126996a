package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Cost is what the hash of a password costs, with argon2id in 1 lane. Stored hashes contain their own, so these may grow.
type Cost struct{ memoryKiB, passes uint32 }

var (
	// Costly is the minimum of OWASP's password storage cheat sheet: 19 MiB, 2 passes.
	Costly = Cost{19 * 1024, 2}
	// Cheap is the least that argon2id takes. It is for passwords that are public, as those of a demo world.
	Cheap = Cost{8, 1}
)

const (
	argonLanes = 1
	argonSalt  = 16
	argonKey   = 32
)

// Hash returns the stored form of a password, in the PHC string format. ErrInvalid: it is not 8 to 128 bytes of UTF-8.
func (c Cost) Hash(password string) (string, error) {
	if len(password) < 8 || len(password) > 128 || !utf8.ValidString(password) {
		return "", platform.Invalidf("password", "a password is 8 to 128 bytes of UTF-8 text, this has %d bytes", len(password))
	}
	var salt [argonSalt]byte
	rand.Read(salt[:])
	return c.phc(salt[:], argon(password, salt[:], c.passes, c.memoryKiB, argonLanes, argonKey)), nil
}

func (c Cost) phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memoryKiB, c.passes, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// nobodys is a hash that no password has in practice. Comparing a password with it takes as long as with a real one.
func (c Cost) nobodys() string { return c.phc(make([]byte, argonSalt), make([]byte, argonKey)) }

// VerifyPassword reports whether a password belongs to a stored hash. A hash that cannot be read matches nothing.
func VerifyPassword(hash, password string) bool {
	var (
		version        int
		memory, passes uint32
		lanes          uint8
	)
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || passes == 0 || lanes == 0 {
		return false
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	want, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(want) == 0 {
		return false
	}
	got := argon(password, salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

func argon(password string, salt []byte, passes, memoryKiB uint32, lanes uint8, size uint32) []byte {
	return argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, size)
}
