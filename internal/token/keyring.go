package token

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/secretfile"
)

// Keyring holds the keys that seal tokens, in a file of mode 0600. The newest key seals; the older ones still open what
// they sealed until the longest-lived token has expired. It is safe for concurrent use.
type Keyring struct {
	file    string
	current atomic.Pointer[keys]
	lasting lastingKeys
	mark    platform.Mark
	tickets cipher.Block // of lasting.Ticket
	rotate  sync.Mutex
	guard   func(context.Context) error // nil if the keys are always usable
}

// Key describes one key of the keyring.
type Key struct {
	ID        uint32 `json:"id" doc:"the key's number"`
	CreatedMS int64  `json:"created_ms" doc:"when it was made"`
	RetiredMS int64  `json:"retired_ms,omitzero" doc:"when a newer one took over"`
}

// keys is one state of the keyring; it never changes.
type keys struct {
	list    []Key // oldest first
	handle  *keyset.Handle
	sealers []sealer
	newest  *sealer
}

// keyringVersion is the format of the file. The one before had neither a version nor a checksum.
const keyringVersion = 2

type keyringFile struct {
	Version int             `json:"version"`
	Keys    []Key           `json:"keys"`
	Keyset  json.RawMessage `json:"keyset"` // Tink's JSON form
	lastingKeys
	Mark     platform.Mark `json:"mark,omitzero"` // the last that was seen of the data next to it
	Checksum string        `json:"checksum"`      // SHA-256 of the rest, in hex
}

// sum returns the checksum that the file should have.
func (f keyringFile) sum() (string, error) {
	f.Checksum = ""
	content, err := json.Marshal(f)
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), err
}

// whole reports whether nothing of the file is missing or altered. A file without a version has no checksum.
func (f *keyringFile) whole() bool {
	if len(f.Union) != lastingKey || len(f.Ticket) != lastingKey {
		return false
	}
	sum, err := f.sum()
	return err == nil && (f.Checksum == sum || f.Version == 0 && f.Checksum == "")
}

// lastingKeys stay whatever becomes of the keys that seal; only Renew changes the tickets' one.
type lastingKeys struct {
	Union  []byte `json:"union_key"`  // makes unionids
	Ticket []byte `json:"ticket_key"` // makes tickets, AES-256
}

// lastingKey is the size of such a key in bytes.
const lastingKey = 32

// fill generates the keys that a new keyring lacks.
func (k *lastingKeys) fill() {
	for _, key := range []*[]byte{&k.Union, &k.Ticket} {
		if *key == nil {
			*key = make([]byte, lastingKey)
			rand.Read(*key)
		}
	}
}

// OpenKeyring reads the file, or makes one with a first key if it does not exist. It refuses the keys of a demo world.
func OpenKeyring(file string, now time.Time) (*Keyring, error) {
	r := &Keyring{file: file}
	err := r.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.lasting.fill()
		_, err = r.Rotate(now)
	case err == nil && r.isDemo():
		err = fmt.Errorf("keyring: %s holds the keys of rookery dev, which everybody knows: choose another folder, or move the file away to begin with new keys (every token ends)", file)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// read reads the keys from the file. It returns fs.ErrNotExist as it is.
func (r *Keyring) read() error {
	content, err := os.ReadFile(r.file)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if info, err := os.Stat(r.file); err == nil && disk.Mode(info)&0o077 != 0 {
		return fmt.Errorf("keyring: %s may be read by others (mode %04o): chmod 600 it", r.file, disk.Mode(info))
	}
	var stored keyringFile
	err = json.Unmarshal(content, &stored)
	switch {
	case err == nil && stored.Version > keyringVersion:
		return fmt.Errorf("keyring: %s has format %d, this rookery knows %d: run the newer rookery that wrote it", r.file, stored.Version, keyringVersion)
	case err != nil || !stored.whole():
		return fmt.Errorf("keyring: %s is damaged: restore it from a copy, or move it away to begin with a new one (every token ends, and unionids change)", r.file)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(stored.Keyset)))
	if err != nil || len(stored.Keys) != handle.Len() {
		return fmt.Errorf("keyring: %s holds no usable keys: restore it from a copy, or move it away to begin with a new one (every token ends)", r.file)
	}
	r.lasting, r.mark = stored.lastingKeys, stored.Mark
	if stored.Version < keyringVersion {
		if err := r.write(handle, stored.Keys); err != nil {
			return err
		}
	}
	return r.use(handle, stored.Keys)
}

// UnionID returns the id by which all apps of a developer know a person (qq-connect-openapi.md, A.5). It stays the same
// through every rotation of the keys.
func (r *Keyring) UnionID(developer string, uin platform.UIN) string {
	mac := hmac.New(sha256.New, r.lasting.Union)
	fmt.Fprintf(mac, "%d:%s", uin, developer)
	return fmt.Sprintf("UID_%X", mac.Sum(nil)[:16])
}

// Rotate makes a new sealing key and forgets the keys that retired longer ago than any token lives.
func (r *Keyring) Rotate(now time.Time) (Key, error) {
	r.rotate.Lock()
	defer r.rotate.Unlock()
	manager, list := keyset.NewManager(), []Key(nil)
	if old := r.current.Load(); old != nil {
		manager = keyset.NewManagerFromHandle(old.handle)
		list = append(list, old.list...)
		list[len(list)-1].RetiredMS = now.UnixMilli()
	}
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return Key{}, fmt.Errorf("keyring: %w", err)
	}
	key := Key{ID: id, CreatedMS: now.UnixMilli()}
	list = append(list, key)
	for len(list) > 1 && list[0].RetiredMS < now.Add(-maxLifetime).UnixMilli() {
		if err := manager.Delete(list[0].ID); err != nil {
			return Key{}, fmt.Errorf("keyring: %w", err)
		}
		list = list[1:]
	}
	handle, err := manager.Handle()
	if err != nil {
		return Key{}, fmt.Errorf("keyring: %w", err)
	}
	if err := r.write(handle, list); err != nil {
		return Key{}, err
	}
	return key, r.use(handle, list)
}

// Renew makes new keys in place of all that seal. Nothing that they sealed opens any more; unionids stay. It must be called before the first
// use.
func (r *Keyring) Renew(now time.Time) error {
	r.current.Store(nil)
	r.tickets, r.lasting.Ticket = nil, nil
	r.lasting.fill()
	_, err := r.Rotate(now)
	return err
}

// Mark returns the last mark of the data that was noted.
func (r *Keyring) Mark() platform.Mark {
	r.rotate.Lock()
	defer r.rotate.Unlock()
	return r.mark
}

// Note stores a mark of the data. Data with a lower one is older than what the keys have sealed.
func (r *Keyring) Note(m platform.Mark) error {
	r.rotate.Lock()
	defer r.rotate.Unlock()
	r.mark = m
	keys := r.current.Load()
	return r.write(keys.handle, keys.list)
}

// Outdate makes the data next to a keyring file older than its keys, for a copy of both: their platform renews its keys when it starts. What
// another file has noted, if it can be read, counts as noted by this one too.
func Outdate(file, other string) error {
	r := &Keyring{file: file}
	if err := r.read(); err != nil {
		return err
	}
	mark := r.mark
	if o := (&Keyring{file: other}); o.read() == nil {
		mark.Number, mark.LastUIN = max(mark.Number, o.mark.Number), max(mark.LastUIN, o.mark.LastUIN)
	}
	mark.Number++
	return r.Note(mark)
}

// Guard sets a function that is called before each use of the keys; while it returns an error they count as unreadable. It
// must be set before the first use.
func (r *Keyring) Guard(guard func(context.Context) error) { r.guard = guard }

// Usable returns an error while the keys cannot be read.
func (r *Keyring) Usable(ctx context.Context) error {
	if r.guard == nil {
		return nil
	}
	return r.guard(ctx)
}

// Fingerprint names the keys: it is the same for keyrings of the same keys, and says nothing about them.
func (r *Keyring) Fingerprint() string {
	r.rotate.Lock()
	defer r.rotate.Unlock()
	hash := sha256.New()
	hash.Write(r.lasting.Union)
	hash.Write(r.lasting.Ticket)
	for _, key := range r.current.Load().list {
		fmt.Fprintf(hash, "/%d", key.ID)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// Reload takes the keys of the file, where another process's copy was put. It does not take a keyring with other lasting keys.
func (r *Keyring) Reload() error {
	r.rotate.Lock()
	defer r.rotate.Unlock()
	other := &Keyring{file: r.file}
	if err := other.read(); err != nil {
		return err
	}
	if !bytes.Equal(other.lasting.Union, r.lasting.Union) || !bytes.Equal(other.lasting.Ticket, r.lasting.Ticket) {
		return fmt.Errorf("keyring: %s is of another platform, or has been renewed: start anew to use it", r.file)
	}
	r.current.Store(other.current.Load())
	return nil
}

// Keys lists the keys, oldest first.
func (r *Keyring) Keys() []Key { return append([]Key(nil), r.current.Load().list...) }

func (r *Keyring) use(handle *keyset.Handle, list []Key) error {
	all, newest, err := newSealers(handle, list)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if r.tickets == nil {
		if r.tickets, err = aes.NewCipher(r.lasting.Ticket); err != nil {
			return fmt.Errorf("keyring: %w", err)
		}
	}
	r.current.Store(&keys{list: list, handle: handle, sealers: all, newest: newest})
	return nil
}

func (r *Keyring) write(handle *keyset.Handle, list []Key) error {
	var material bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&material)); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	stored := keyringFile{Version: keyringVersion, Keys: list, Keyset: material.Bytes(), lastingKeys: r.lasting, Mark: r.mark}
	var err error
	if stored.Checksum, err = stored.sum(); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	content, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return secretfile.Write(r.file, content)
}
