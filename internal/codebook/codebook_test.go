package codebook

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/retcode"
)

func TestOf(t *testing.T) {
	rows := 0
	for _, list := range []func(func(retcode.Entry) bool){retcode.Entries(), retcode.DoorEntries()} {
		for e := range list {
			rows++
			if page := Of(e); page.BringAbout == nil || page.Related == nil || page.Terms == nil {
				t.Errorf("%s has no page", Code(e))
			}
		}
	}
	if rows != len(pages) {
		t.Errorf("%d pages of %d rows", len(pages), rows)
	}
	if page := Of(retcode.QQSignatureWrong.Entry()); page.Example != `{"ret":-5,"msg":"signature verification failed"}` || !slices.Contains(page.Related, "msdkv5/1008") {
		t.Errorf("qq -5: %+v", page)
	}
	if page := Of(retcode.Entry{Domain: retcode.QQ, Low: 77}); page.Example != "" || page.BringAbout != nil {
		t.Errorf("qq 77: %+v", page)
	}
}

func TestTerms(t *testing.T) {
	for lang, want := range map[retcode.Language][]string{
		retcode.English: {"class B", "redirect_uri"}, retcode.Chinese: {"B 类号码", "redirect_uri"},
	} {
		var got []string
		for _, term := range Terms([]string{"redirect-uri", "class-b", "nothing"}, lang) {
			got = append(got, term.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in %v: (-want +got)\n%s", lang, diff)
		}
	}
	Glossary(retcode.English)[0].Name = "changed"
	if got := Glossary(retcode.English)[0].Name; got == "changed" {
		t.Error("a caller changes the glossary")
	}
}
