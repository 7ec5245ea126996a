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

// Cost of a password hash: argon2id with 19 MiB, 2 passes, 1 lane, the minimum of OWASP's password storage cheat sheet.
// Stored hashes contain their own cost, so these may grow.
const (
	argonMemoryKiB = 19 * 1024
	argonPasses    = 2
	argonLanes     = 1
	argonSalt      = 16
	argonKey       = 32
)

// HashPassword returns the stored form of a password, in the PHC string format. ErrInvalid: it is not 8 to 128 bytes of
// UTF-8.
func HashPassword(password string) (string, error) {
	if len(password) < 8 || len(password) > 128 || !utf8.ValidString(password) {
		return "", platform.Invalidf("password", "a password is 8 to 128 bytes of UTF-8 text, this has %d bytes", len(password))
	}
	var salt [argonSalt]byte
	rand.Read(salt[:])
	return phc(salt[:], argon(password, salt[:], argonPasses, argonMemoryKiB, argonLanes, argonKey)), nil
}

func phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonPasses, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// nobodysHash is a hash that no password has in practice. Comparing a password with it takes as long as with a real one.
var nobodysHash = phc(make([]byte, argonSalt), make([]byte, argonKey))

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
