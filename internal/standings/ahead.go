package standings

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Page calls each with the standings of an app's live grants whose openids are between first and last, inclusive, in order
// and at most limit of them.
type Page func(ctx context.Context, app platform.AppID, first, last platform.OpenID, limit int, each func(platform.OpenID, platform.Standing)) error

const (
	spanShards = 4 // in a span of openids, which one reader reads
	spans      = 1 << shardBits / spanShards
	pageRows   = 2000 // so that a page is read in a few milliseconds and blocks nobody for longer
	retries    = 3    // of a page while its shards change
)

// ReadAhead reads the standings of the apps' live grants into the table before they are needed, with several readers at
// once. It ends early, without an error, when the table is full or Forget is called.
func (t *Table) ReadAhead(ctx context.Context, apps []platform.AppID, readers int, read Page) error {
	a := &ahead{table: t, epoch: t.epoch.Load(), read: read}
	var (
		group sync.WaitGroup
		next  atomic.Int64
		errs  = make([]error, readers)
	)
	for i := range errs {
		group.Go(func() {
			// All apps' first spans come before any app's second, so that each app gets a share of a table that fills up.
			for at := int(next.Add(1)) - 1; at < spans*len(apps) && errs[i] == nil; at = int(next.Add(1)) - 1 {
				errs[i] = a.span(ctx, apps[at%len(apps)], at/len(apps))
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// ahead is one run of ReadAhead.
type ahead struct {
	table *Table
	epoch int64
	read  Page
}

func (a *ahead) over() bool {
	return a.table.kept.Load() >= a.table.most || a.table.epoch.Load() != a.epoch
}

// span reads an app's openids in spanShards shards.
func (a *ahead) span(ctx context.Context, app platform.AppID, number int) error {
	var first, last platform.OpenID
	binary.BigEndian.PutUint64(first[:], uint64(number*spanShards)<<(64-shardBits))
	for i := range last {
		last[i] = 0xff
	}
	binary.BigEndian.PutUint64(last[:], uint64(number*spanShards+spanShards)<<(64-shardBits)-1)
	for tries := 0; !a.over(); {
		var (
			rows    int
			late    bool
			end     platform.OpenID
			changes [spanShards]uint32
		)
		for i := range changes {
			changes[i] = a.table.shards[number*spanShards+i].changes.Load()
		}
		err := a.read(ctx, app, first, last, pageRows, func(openid platform.OpenID, standing platform.Standing) {
			k := newKey(openid)
			if !a.table.keep(app, k, standing, changes[k.shard()%spanShards]) {
				late = true
			}
			end = openid
			if rows++; rows%64 == 0 {
				runtime.Gosched() // other goroutines go first
			}
		})
		if err != nil {
			return err
		}
		if tries++; late && tries <= retries {
			continue
		}
		if rows < pageRows || end == last {
			return nil
		}
		first, tries = after(end), 0
	}
	return nil
}

// after returns the openid that follows one that is not the highest.
func after(openid platform.OpenID) platform.OpenID {
	for i := len(openid) - 1; i >= 0; i-- {
		if openid[i]++; openid[i] != 0 {
			break
		}
	}
	return openid
}
