package soak

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// read reads the database of the platform that was killed.
func (w *world) read(t *testing.T) {
	t.Helper()
	db := rookery.OpenDB(t, filepath.Join(w.data, "rookery.db"))
	defer db.Close()
	w.readMessages(t, db)
	w.readBindings(t, db)
}

// rows calls each with the rows of a query, whose columns are scanned into into.
func rows(t *testing.T, db *sql.DB, query string, into []any, each func()) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		each()
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// readMessages counts the stored messages by day and week in Shanghai, which is eight hours ahead of Greenwich, and looks for
// every acknowledged one of the last 29 days.
func (w *world) readMessages(t *testing.T, db *sql.DB) {
	t.Helper()
	const dayMS = 24 * 3600 * 1000
	var (
		uin, sender, request, id string
		sentMS                   int64
		counts                   = make(map[string]int)
		limits                   = map[string]int{"sent a day": 10, "sent a week": 40, "got a day": 5, "got a week": 20, "sent to one account a day": 1}
		stored                   = make(map[letter]bool)
	)
	rows(t, db, "SELECT uin, sender, request, id, sent_ms FROM messages WHERE sender <> 0", []any{&uin, &sender, &request, &id, &sentMS}, func() {
		day := (sentMS + 8*3600*1000) / dayMS
		week := (day + 3) / 7 // 1 January 1970 was a Thursday
		for limit, key := range map[string]string{
			"sent a day":                fmt.Sprint(sender, " on day ", day),
			"sent a week":               fmt.Sprint(sender, " in week ", week),
			"got a day":                 fmt.Sprint(uin, " on day ", day),
			"got a week":                fmt.Sprint(uin, " in week ", week),
			"sent to one account a day": fmt.Sprint(sender, " to ", uin, " on day ", day),
		} {
			counts[limit+": "+key]++
			if n := counts[limit+": "+key]; n > limits[limit] {
				t.Errorf("%s: %s: %d, more than %d", limit, key, n, limits[limit])
			}
		}
		stored[letter{id, request, sender, uin}] = true
	})
	w.mail.forget(w.now.Add(-29 * 24 * time.Hour))
	for _, sent := range w.mail.sent {
		if !stored[sent.letter] {
			t.Errorf("message %s of %s to %s was acknowledged and is lost", sent.id, sent.from, sent.to)
		}
	}
}

// readBindings looks for guilds and groups that are in two bindings, and for bindings that leaders were told of.
func (w *world) readBindings(t *testing.T, db *sql.DB) {
	t.Helper()
	var (
		zone, id, gc string
		bound        bool
		groups       = make(map[string]string) // by guild
		guilds       = make(map[string]string) // by group
	)
	rows(t, db, "SELECT zone, guild, ifnull(gc, ''), bound FROM bindings WHERE appid = "+w.app.AppID, []any{&zone, &id, &gc, &bound}, func() {
		name := zone + "/" + id
		if other, twice := groups[name]; twice {
			t.Errorf("guild %s is in bindings with %q and %q", name, other, gc)
		}
		if !bound {
			groups[name] = ""
			return
		}
		groups[name] = gc
		if other, twice := guilds[gc]; twice {
			t.Errorf("group %s serves the guilds %s and %s", gc, other, name)
		}
		guilds[gc] = name
		w.everBound[gc] = true
	})
	for _, g := range w.guilds {
		for _, gc := range g.made {
			w.everBound[gc] = true
		}
		if got := groups[g.zone+"/"+g.id]; g.known && got != g.group {
			t.Errorf("guild %s has group %q, its leader was told of %q", g.id, got, g.group)
		}
	}
}

// settle starts the platform once more and lets it finish what was under way: then its two systems agree, and no group that was
// created for a guild is left over.
func (w *world) settle(t *testing.T) {
	t.Helper()
	p := w.start(t)
	logins := w.enter(t, p)
	db := p.DB(t)
	defer db.Close()
	rookery.Until(t, "nothing is under way", func() bool {
		var under int
		rows(t, db, "SELECT count(*) FROM bindings WHERE bound = 0", []any{&under}, func() {})
		return under == 0
	})
	var gc, noted, bound string
	rows(t, db, `
		SELECT g.gc, ifnull(n.zone || '/' || n.guild, ''), ifnull(b.zone || '/' || b.guild, '') FROM qqgroups g
		LEFT JOIN qqgroup_guilds n ON n.gc = g.gc AND n.appid = `+w.app.AppID+`
		LEFT JOIN bindings b ON b.gc = g.gc AND b.appid = `+w.app.AppID+`
		WHERE g.disbanded = 0`, []any{&gc, &noted, &bound}, func() {
		if noted != bound {
			t.Errorf("group %s serves guild %q, the group platform says %q", gc, bound, noted)
		}
	})
	rows(t, db, "SELECT gc FROM qqgroups WHERE disbanded = 0 AND creator IN ("+strings.Join(w.people, ", ")+")", []any{&gc}, func() {
		if !w.everBound[gc] {
			t.Errorf("group %s was created for a guild and never served it", gc)
		}
	})
	for _, g := range w.guilds { // the interfaces say what the database says
		info, err := g.call(p, w, logins[g.leader], "get_group_info", nil)
		if err != nil || info.Ret != 0 {
			t.Errorf("guild %s: %s, %v", g.id, info.Body, err)
		}
	}
	w.readMessages(t, db)
	p.Stop(t)
}
