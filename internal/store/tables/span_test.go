package tables

import "testing"

func TestSummaries(t *testing.T) {
	for statement, want := range map[string]string{
		"SELECT record FROM apps WHERE appid = ?":                       "SELECT apps",
		"SELECT count(*) FROM (SELECT 1 FROM apps LIMIT 1)":             "SELECT apps",
		"SELECT EXISTS (SELECT 1 FROM grants)":                          "SELECT grants",
		"INSERT INTO bindings(appid, zone) VALUES (?, 'secret')":        "INSERT bindings",
		"UPDATE messages SET read_ms = ? WHERE uin = ?":                 "UPDATE messages",
		"DELETE FROM reminders WHERE appid = ?":                         "DELETE reminders",
		"\n\t\tSELECT a,\n\t\tb\n\t\tFROM feeds\n\t\tWHERE entry = 'x'": "SELECT feeds",
		"PRAGMA x": "PRAGMA",
	} {
		if got := summary(statement); got != want {
			t.Errorf("%q: %q, want %q", statement, got, want)
		}
	}
}
