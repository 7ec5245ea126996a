package config

import (
	"fmt"
	"strings"
)

// Markdown returns the text of docs/config.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`<!-- Made from internal/config by go generate. Do not edit. -->
# Configuration of rookery serve

Settings come from a YAML file (` + "`--config F`" + `, or ROOKERY_CONFIG), from environment variables and from flags. A flag takes precedence over a
variable, a variable over the file, the file over the default. A key or a ROOKERY_ variable that does not exist stops the
start. ` + "`rookery config check`" + ` checks a configuration without starting, ` + "`rookery config print`" + ` shows each value and where it
came from. Durations are written 500ms, 30s, 5m or 24h; lists are YAML lists in the file and separated by commas elsewhere. Secrets
are never settings: where one is needed, the setting is the path of a file.

Where Kubernetes runs a service named rookery, set ` + "`enableServiceLinks: false`" + `, or its own ROOKERY_ variables stop the start.

A small configuration, behind a proxy on the same machine:

` + "```yaml" + `
data: /var/lib/rookery
http:
  listen: 127.0.0.1:8700
  trusted_proxies: [127.0.0.1]
msdkv5:
  ts_window: 10m
msdkv3:
  ts_window: 10m
` + "```" + `
`)
	all, sections := settings(new(Config))
	heading := func(key, doc string) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", key, doc)
	}
	table := func(in func(*Setting) bool) {
		b.WriteString("\n| setting | takes | default | |\n|---|---|---|---|\n")
		for _, s := range all {
			if in(s) {
				def := "-"
				if s.Default != "" {
					def = "`" + s.Default + "`"
				}
				fmt.Fprintf(&b, "| `%s`<br>`%s`<br>`--%s` | %s | %s | %s |\n", s.Key, s.Env(), s.Flag(), s.Kind(), def, s.Doc)
			}
		}
	}
	heading("At the top", "Settings of the whole platform.")
	table(func(s *Setting) bool { return !strings.Contains(s.Key, ".") })
	for _, section := range sections {
		heading(section.key, section.doc)
		table(func(s *Setting) bool {
			rest, ok := strings.CutPrefix(s.Key, section.key+".")
			return ok && !strings.Contains(rest, ".")
		})
	}
	return b.String()
}

// YAML returns the configuration as a file that Load reads, with the origin of each value in a comment.
func (l *Loaded) YAML() string {
	var b strings.Builder
	var open []string
	for _, s := range l.Settings {
		parts := strings.Split(s.Key, ".")
		depth := len(parts) - 1
		for i, part := range parts[:depth] {
			if i >= len(open) || open[i] != part {
				fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("  ", i), part)
				open = append(open[:i:i], part)
			}
		}
		open = open[:min(len(open), depth)]
		value := s.Text()
		switch {
		case s.isList() && value == "":
			value = "[]"
		case s.isList():
			items := strings.Split(value, ",")
			for i := range items {
				items[i] = quoted(items[i])
			}
			value = "[" + strings.Join(items, ", ") + "]"
		case s.value.Kind().String() == "string":
			value = quoted(value)
		}
		line := strings.Repeat("  ", depth) + parts[depth] + ": " + value
		fmt.Fprintf(&b, "%-50s # %s\n", line, s.From)
	}
	return b.String()
}

// quoted leaves plain words plain and quotes the rest as YAML and JSON both read it.
func quoted(text string) string {
	plain := text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == ""
	if plain && strings.Trim(text[:1], "0123456789-.") != "" {
		return text
	}
	return fmt.Sprintf("%q", text)
}
