// Command gen writes THIRD_PARTY_NOTICES.txt: the licences of what the binary contains, on any system that it is built for.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// systems are those that the binary is built for; some modules are for one of them alone.
var systems = []string{"linux", "darwin", "windows"}

// module is a part of the binary that others made.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// linked returns the folders of the packages that the binary has on a system, by module. The standard library is one of them.
func linked(system, goRoot string) (map[module][]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Standard,Module", ".")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s: %w", system, err)
	}
	all := make(map[module][]string)
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir      string
			Standard bool
			Module   *module
		}
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		case p.Standard:
			std := module{Path: "Go's standard library", Dir: goRoot}
			all[std] = append(all[std], p.Dir)
		case !p.Module.Main:
			all[*p.Module] = append(all[*p.Module], p.Dir)
		}
	}
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)([-._].*)?$`)

// licences returns the texts in a module's folder and in those that lead to the linked packages, by the file's name below the module.
func licences(m module, packages []string) (map[string]string, error) {
	texts := make(map[string]string)
	seen := make(map[string]bool)
	for _, folder := range packages {
		for ; strings.HasPrefix(folder, m.Dir) && !seen[folder]; folder = filepath.Dir(folder) {
			seen[folder] = true
			entries, err := os.ReadDir(folder)
			if err != nil {
				return nil, err
			}
			for _, entry := range entries {
				if entry.IsDir() || !licenceFile.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
					continue
				}
				file := filepath.Join(folder, entry.Name())
				text, err := os.ReadFile(file)
				if err != nil {
					return nil, err
				}
				name, err := filepath.Rel(m.Dir, file)
				if err != nil {
					return nil, err
				}
				texts[filepath.ToSlash(name)] = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
			}
		}
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s %s has no licence", m.Path, m.Version)
	}
	return texts, nil
}

// notices returns the file: each text once, below the modules that come with it.
func notices() ([]byte, error) {
	goRoot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	all := make(map[module][]string)
	for _, system := range systems {
		on, err := linked(system, strings.TrimSpace(string(goRoot)))
		if err != nil {
			return nil, err
		}
		for m, packages := range on {
			all[m] = append(all[m], packages...)
		}
	}
	var order []string
	of := make(map[string][]string) // the modules with a text
	for _, m := range slices.SortedFunc(maps.Keys(all), func(a, b module) int { return strings.Compare(a.Path, b.Path) }) {
		texts, err := licences(m, all[m])
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			text := texts[name]
			if of[text] == nil {
				order = append(order, text)
			}
			of[text] = append(of[text], strings.TrimSpace(m.Path+" "+m.Version)+": "+name)
		}
	}
	b := bytes.NewBufferString("The binary rookery contains what is listed here, under the terms below each list.\nMade by go generate from the modules that it is built of. Do not edit.\n")
	for _, text := range order {
		fmt.Fprintf(b, "\n%s\n\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(of[text], "\n"), text)
	}
	return b.Bytes(), nil
}

func main() {
	text, err := notices()
	if err == nil {
		err = os.WriteFile("../../THIRD_PARTY_NOTICES.txt", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
