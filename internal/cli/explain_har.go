package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"

	"github.com/rookeryhq/rookery/internal/har"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/proxy"
	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/retcode"
)

// explainArchive prints the calls of an archive that were for an interface. What was read before the archive breaks off is printed
// too.
func explainArchive(s *streams, name string, lang retcode.Language, asJSON bool) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	doors, err := server.Rehearsal(new(platform.App))
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.out)
	archive, judge, counts := har.NewReader(file), proxy.NewJudge(doors, nil), make(codeCounts)
	entries, calls := 0, 0
	var broken error
	for {
		entry, err := archive.Next()
		if err != nil {
			if err != io.EOF {
				broken = fmt.Errorf("%s: %w", name, err)
			}
			break
		}
		entries++
		v := judge.Judge(proxy.FromHAR(entry))
		if !v.Platform {
			continue
		}
		calls++
		v.Record.Seq = uint64(entries)
		if err := showRecord(out, asJSON, &v.Record); err != nil {
			return err
		}
		if code, ok := v.Record.AnsweredCode(); ok {
			counts[code]++
		}
	}
	if !asJSON {
		err = counts.write(out, "CALLS", lang)
	}
	if err := cmp.Or(err, out.Flush(), broken); err != nil {
		return err
	}
	if calls == 0 {
		return fmt.Errorf("none of the %d entries of %s is a call of an interface", entries, name)
	}
	return nil
}
