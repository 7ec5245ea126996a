package sqlite

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// disk lies under SQLite's files of one folder. It counts the calls that change them, lets one of them go wrong, and knows what would be
// left of the files if the power failed.
type disk struct {
	folder string

	mu    sync.Mutex
	files map[string]*file // by name
	calls []call           // so far
	wrong fault
	at    int  // the call that goes wrong, from 1
	off   bool // the power is off: nothing changes any more
}

// file is what a disk has of a file.
type file struct {
	flushed []byte
	pending []change // since then, oldest first
	deleted bool
	journal bool // or a log: SQLite flushes its folder with the first flush, and so all deletions before
}

// change is a write or, without data, a truncation, or the file's deletion.
type change struct {
	at      int64
	data    []byte
	deletes bool
}

// call is a kind of call that changes a file.
type call string

const (
	aWrite      call = "write"
	aFlush      call = "flush"
	aTruncation call = "truncation"
	aDeletion   call = "deletion"
)

// fault is a way in which a call goes wrong.
type fault string

const (
	works     fault = ""
	broken    fault = "fails"                             // the call fails and does nothing
	full      fault = "finds the disk full"               // and so does every write until there is room; half of each is written
	forgotten fault = "fails and forgets what it flushes" // as the page cache of Linux does
	powerless fault = "is the last"                       // half of a write reaches the disk, and the power is off
)

// newDisk makes an empty folder whose call number at goes wrong. It is removed when done is called.
func newDisk(t testing.TB, wrong fault, at int) (d *disk, done func()) {
	t.Helper()
	useDisks()
	folder, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil { // as SQLite names it
		t.Fatal(err)
	}
	d = &disk{folder: folder, files: make(map[string]*file), wrong: wrong, at: at}
	disks.Store(folder, d)
	return d, func() {
		disks.Delete(folder)
		os.RemoveAll(folder)
	}
}

// repair makes every call work from now on.
func (d *disk) repair() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrong = works
}

// left writes what is on the disk, and those changes since the last flush that survive, to a folder.
func (d *disk) left(t testing.TB, folder string, survives func(i, n int) bool) {
	t.Helper()
	for name, f := range d.files {
		content, deleted := slices.Clone(f.flushed), false
		for i, c := range f.pending {
			if survives(i, len(f.pending)) {
				content, deleted = c.apply(content), c.deletes
			}
		}
		if deleted {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (c change) apply(content []byte) []byte {
	if c.data == nil {
		return content[:min(int64(len(content)), c.at)]
	}
	if missing := c.at + int64(len(c.data)) - int64(len(content)); missing > 0 {
		content = append(content, make([]byte, missing)...)
	}
	copy(content[c.at:], c.data)
	return content
}

// next counts a call and says how it goes wrong. It is called with mu held.
func (d *disk) next(is call) fault {
	d.calls = append(d.calls, is)
	switch n := len(d.calls); {
	case d.off:
		return powerless
	case d.wrong == full && n >= d.at && is == aWrite:
		return full
	case d.wrong == full || n != d.at:
		return works
	}
	d.off = d.wrong == powerless
	return d.wrong
}

// write returns how many of the bytes are to be written, and SQLite's result.
func (d *disk) write(f *file, data []byte, at int64) (n int32, result int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.off
	switch d.next(aWrite) {
	case works:
		f.pending = append(f.pending, change{at: at, data: slices.Clone(data)})
		return int32(len(data)), sqlite3.SQLITE_OK
	case full:
		result = sqlite3.SQLITE_FULL
	case powerless:
		result = sqlite3.SQLITE_IOERR_WRITE
	default:
		return 0, sqlite3.SQLITE_IOERR_WRITE
	}
	if before {
		return 0, result
	}
	data = data[:len(data)/2]
	f.pending = append(f.pending, change{at: at, data: slices.Clone(data)})
	return int32(len(data)), result
}

// truncate returns SQLite's result.
func (d *disk) truncate(f *file, size int64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.next(aTruncation) != works {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	f.pending = append(f.pending, change{at: size})
	return sqlite3.SQLITE_OK
}

// flush returns SQLite's result, and whether the file is to become what was flushed before.
func (d *disk) flush(f *file) (result int32, forgets bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch d.next(aFlush) {
	case works:
		for _, c := range f.pending {
			f.flushed = c.apply(f.flushed)
		}
		f.pending = nil
		if f.journal {
			f.journal = false
			maps.DeleteFunc(d.files, func(_ string, other *file) bool { return other.deleted })
		}
		return sqlite3.SQLITE_OK, false
	case forgotten:
		f.pending = nil
		return sqlite3.SQLITE_IOERR_FSYNC, true
	}
	return sqlite3.SQLITE_IOERR_FSYNC, false
}

// What follows stands between SQLite and its own methods of files.

var (
	disks  sync.Map // by folder
	opened sync.Map // openFile by the address of SQLite's file

	// useDisks makes SQLite open the files of disks by them, and all others as ever.
	useDisks = sync.OnceFunc(func() {
		tls := libc.NewTLS()
		ordinary = at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
		between = *ordinary
		name, err := libc.CString("rookery-disk")
		if err != nil {
			panic(err)
		}
		between.FzName = name
		set(&between.FxOpen, xOpen)
		set(&between.FxDelete, xDelete)
		if result := sqlite3.Xsqlite3_vfs_register(tls, address(&between), 1); result != sqlite3.SQLITE_OK {
			panic(result)
		}
	})
	ordinary *sqlite3.Tsqlite3_vfs
	between  sqlite3.Tsqlite3_vfs

	methodTables sync.Map // *sqlite3.Tsqlite3_io_methods by the address of SQLite's own ones
)

// openFile is a file of a disk that SQLite has opened.
type openFile struct {
	disk *disk
	file *file
	own  *sqlite3.Tsqlite3_io_methods
}

// at returns what is at an address of SQLite's.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// address returns the address of a variable, which must stay reachable.
func address[T any](of *T) uintptr { return uintptr(unsafe.Pointer(of)) }

// method returns the function of an entry of a table, and set changes it.
func method[F any](entry *uintptr) F { return *(*F)(unsafe.Pointer(entry)) }
func set[F any](entry *uintptr, f F) { *(*F)(unsafe.Pointer(entry)) = f }

// diskOf returns the disk and the name of a file; nil if it is of none.
func diskOf(path uintptr) (d *disk, name string) {
	if path == 0 {
		return nil, ""
	}
	folder, name := filepath.Split(libc.GoString(path))
	if found, is := disks.Load(filepath.Clean(folder)); is {
		return found.(*disk), name
	}
	return nil, ""
}

func xOpen(tls *libc.TLS, vfs, path, into uintptr, flags int32, outFlags uintptr) int32 {
	result := method[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](&ordinary.FxOpen)(tls, vfs, path, into, flags, outFlags)
	d, name := diskOf(path)
	if result != sqlite3.SQLITE_OK || d == nil {
		return result
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[name]
	if f == nil || f.deleted {
		f = &file{journal: strings.HasSuffix(name, "-journal") || strings.HasSuffix(name, "-wal")}
		d.files[name] = f
	}
	methods := &at[sqlite3.Tsqlite3_file](into).FpMethods
	own := at[sqlite3.Tsqlite3_io_methods](*methods)
	opened.Store(into, openFile{d, f, own})
	table := *own
	set(&table.FxClose, xClose)
	set(&table.FxWrite, xWrite)
	set(&table.FxTruncate, xTruncate)
	set(&table.FxSync, xSync)
	shared, _ := methodTables.LoadOrStore(*methods, &table)
	*methods = address(shared.(*sqlite3.Tsqlite3_io_methods))
	return result
}

func xDelete(tls *libc.TLS, vfs, path uintptr, flush int32) int32 {
	if d, name := diskOf(path); d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.next(aDeletion) != works {
			return sqlite3.SQLITE_IOERR_DELETE
		}
		if f := d.files[name]; f != nil {
			f.deleted, f.pending = true, append(f.pending, change{deletes: true})
		}
	}
	return method[func(*libc.TLS, uintptr, uintptr, int32) int32](&ordinary.FxDelete)(tls, vfs, path, flush)
}

// known returns an open file of a disk by the address of SQLite's.
func known(file uintptr) openFile {
	f, _ := opened.Load(file)
	return f.(openFile)
}

func xClose(tls *libc.TLS, file uintptr) int32 {
	f := known(file)
	opened.Delete(file)
	return method[func(*libc.TLS, uintptr) int32](&f.own.FxClose)(tls, file)
}

func xWrite(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	f := known(file)
	n, result := f.disk.write(f.file, unsafe.Slice(at[byte](data), n), offset)
	return cmp.Or(f.write(tls, file, data, n, offset), result)
}

func xTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	f := known(file)
	return cmp.Or(f.disk.truncate(f.file, size), f.truncate(tls, file, size))
}

// xSync leaves the real file unflushed: no test pulls the real plug.
func xSync(tls *libc.TLS, file uintptr, _ int32) int32 {
	f := known(file)
	result, forgets := f.disk.flush(f.file)
	if forgets {
		f.truncate(tls, file, 0)
		offset := int64(0)
		for page := range slices.Chunk(f.file.flushed, 4096) {
			f.write(tls, file, address(&page[0]), int32(len(page)), offset)
			offset += int64(len(page))
		}
		runtime.KeepAlive(f.file.flushed)
	}
	return result
}

func (f openFile) write(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	if n == 0 {
		return sqlite3.SQLITE_OK
	}
	return method[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](&f.own.FxWrite)(tls, file, data, n, offset)
}

func (f openFile) truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	return method[func(*libc.TLS, uintptr, int64) int32](&f.own.FxTruncate)(tls, file, size)
}
