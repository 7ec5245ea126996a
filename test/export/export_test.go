// Package export compiles what rookery codes export writes, and asks it for a code, in each language.
package export

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// answer is what each program prints: a number in the contract, one of a door, a token's, and one that
// the domain does not have.
const answer = "-5 QQSignatureWrong fix-request|1008 V5SignatureWrong|QQAccessTokenUnreadable reauthorize|nothing\n"

func exported(t *testing.T, format string) string {
	t.Helper()
	status, out, stderr := rookery.Run(t, "codes", "export", "--format", format)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	return out
}

func TestExportsCompile(t *testing.T) {
	tsc, err := filepath.Abs("node_modules/.bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file  string
		tools []string
		more  map[string]string // by file
		run   string
	}{
		"typescript": {"codes.ts", []string{"node", tsc}, map[string]string{
			"package.json": `{"type": "module"}`,
			"main.ts": `import { findCode, QQSignatureWrong, type CodeClass } from "./codes.js";
declare const console: { log(text: string): void };
const reauthorize: CodeClass = "reauthorize";
const signature = findCode(-5, "msdkv5", "qq")!;
const token = findCode(100013, "qq");
console.log([
	` + "`${QQSignatureWrong} ${signature.symbol} ${signature.class}`, `1008 ${findCode(1008, \"msdkv5\")?.symbol}`,\n	`${token?.symbol} ${token?.class === reauthorize ? reauthorize : \"\"}`" + `, findCode(-5, "group") ? "something" : "nothing",
].join("|"));
`,
		}, tsc + " --strict --target es2022 --module nodenext main.ts && node main.js"},
		"python": {"codes.py", []string{"python3"}, map[string]string{
			"main.py": `from codes import CodeClass, QQSignatureWrong, find_code

signature, token = find_code(-5, "msdkv5", "qq"), find_code(100013, "qq")
print("|".join([
    f"{QQSignatureWrong} {signature.symbol} {signature.code_class.value}", f"1008 {find_code(1008, 'msdkv5').symbol}",
    f"{token.symbol} reauthorize" if token.code_class is CodeClass.REAUTHORIZE else "", "something" if find_code(-5, "group") else "nothing",
]))
`,
		}, "python3 -W error main.py"},
		"java": {"Codes.java", []string{"java", "javac"}, map[string]string{
			"Main.java": `final class Main {
    public static void main(String[] args) {
        Codes.Code signature = Codes.find(-5, "msdkv5", "qq").get(), token = Codes.find(100013, "qq").get();
        System.out.println(String.join("|",
            Codes.QQSignatureWrong + " " + signature.symbol() + " " + (signature.codeClass() == Codes.CodeClass.FIX_REQUEST ? "fix-request" : ""),
            "1008 " + Codes.find(1008, "msdkv5").get().symbol(), token.symbol() + " " + token.codeClass().name().toLowerCase(),
            Codes.find(-5, "group").isPresent() ? "something" : "nothing"));
    }
}
`,
		}, "javac -Xlint:all -Werror -encoding UTF-8 Codes.java Main.java && java Main"},
		"csharp": {"Codes.cs", []string{"mcs", "mono"}, map[string]string{
			"Main.cs": `using Rookery;

static class Program
{
    static void Main()
    {
        Code signature = Codes.Find(-5, "msdkv5", "qq"), token = Codes.Find(100013, "qq");
        System.Console.WriteLine(string.Join("|", new[] {
            Codes.QQSignatureWrong + " " + signature.Symbol + " " + (signature.Class == CodeClass.FixRequest ? "fix-request" : ""),
            "1008 " + Codes.Find(1008, "msdkv5").Symbol, token.Symbol + " " + token.Class.ToString().ToLower(),
            Codes.Find(-5, "group") != null ? "something" : "nothing",
        }));
    }
}
`,
		}, "mcs -warnaserror -out:main.exe Codes.cs Main.cs && mono main.exe"},
		"cpp": {"codes.hpp", []string{"g++"}, map[string]string{
			"main.cpp": `#include "codes.hpp"

#include <iostream>

static_assert(rookery::find_code(-5, {"msdkv5", "qq"})->code_class == rookery::CodeClass::FixRequest);

int main() {
  const auto *signature = rookery::find_code(-5, {"msdkv5", "qq"}), *token = rookery::find_code(100013, {"qq"});
  std::cout << rookery::QQSignatureWrong << ' ' << signature->symbol << " fix-request|1008 " << rookery::find_code(1008, {"msdkv5"})->symbol << '|'
            << token->symbol << (token->code_class == rookery::CodeClass::Reauthorize ? " reauthorize|" : "|")
            << (rookery::find_code(-5, {"group"}) ? "something" : "nothing") << '\n';
}
`,
		}, "g++ -std=c++17 -Wall -Wextra -Werror main.cpp -o main && ./main"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, tool := range test.tools {
				if _, err := exec.LookPath(tool); err != nil {
					t.Skipf("there is no %s here", filepath.Base(tool))
				}
			}
			folder := t.TempDir()
			write(t, filepath.Join(folder, test.file), exported(t, name))
			for file, text := range test.more {
				write(t, filepath.Join(folder, file), text)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-ec", test.run)
			cmd.Dir = folder
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != answer {
				t.Errorf("%v: got\n%swant\n%s", err, out, answer)
			}
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestExportsForPrograms: both forms have the same rows, among them all of the contract.
func TestExportsForPrograms(t *testing.T) {
	var list []struct {
		Domain, Symbol, Class, Summary string
		Number                         json.Number
	}
	if err := json.Unmarshal([]byte(exported(t, "json")), &list); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(exported(t, "csv"))).ReadAll()
	if err != nil || len(rows) != len(list)+1 || strings.Join(rows[0], " ") != "domain number symbol class summary" {
		t.Fatalf("%d objects, %d rows, %v", len(list), len(rows), err)
	}
	contract, seen := 0, make(map[string]bool)
	for i, c := range list {
		if got := strings.Join(rows[i+1], "|"); got != strings.Join([]string{c.Domain, c.Number.String(), c.Symbol, c.Class, c.Summary}, "|") {
			t.Errorf("row %d is %s, the object %v", i+1, got, c)
		}
		if strings.Contains(" qq group gamecenter oidb paytoken accesstoken ", " "+c.Domain+" ") {
			contract++
		}
		if seen[c.Symbol] || c.Symbol == "" || c.Class == "" || c.Summary == "" {
			t.Errorf("%v is there twice, or not whole", c)
		}
		seen[c.Symbol] = true
	}
	if contract != 229 {
		t.Errorf("%d numbers of the contract, want 229", contract)
	}
}

func TestAnUnknownLanguageIsMisuse(t *testing.T) {
	status, out, stderr := rookery.Run(t, "codes", "export", "--format", "cobol")
	if status != 2 || out != "" || !strings.Contains(stderr, `--format "cobol" is not one of json, csv, typescript`) {
		t.Errorf("status %d, %q, %q", status, out, stderr)
	}
}
