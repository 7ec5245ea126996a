package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestDocsInABrowser tries requests at /docs/ with a real browser: examples as they are, one for each way of signing. Complaints about the
// page's content security policy fail it.
func TestDocsInABrowser(t *testing.T) {
	program := browserProgram(t)
	p := rookery.Start(t)
	for _, test := range []struct {
		look
		operations []string // each is tried in one of the looks: its page takes seconds to load
	}{
		{look{name: "docs-desktop", width: 1024, height: 768, language: "en", colours: "light", scripts: true}, []string{"MSDK_V5-post_v2_profile_userinfo", "OpenAPI_V3-get_v3_user_get_info"}},
		{look{name: "docs-phone", width: 390, height: 800, language: "en", colours: "dark", scripts: true}, []string{"MSDK_V3-post_relation_qqprofile", "Game_Center-get_cgi_bin_QQConnect_fcgi"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := openBrowser(t, program, test.look)
			for _, id := range test.operations {
				tag, operation, _ := strings.Cut(id, "-")
				b.opens(t, p.URL+"/docs/?"+operation+"#/"+strings.ReplaceAll(tag, "_", "%20")+"/"+operation)
				open := "#operations-" + id + ".is-open "
				has := func(element string) bool {
					return get(t, b, chromedp.Evaluate[bool](fmt.Sprintf("!!document.querySelector(%q)", open+element)))
				}
				rookery.Until(t, "the page shows "+id, func() bool { return has("button.execute") })
				rookery.Until(t, id+" is answered", func() bool {
					// The page may draw the button anew as it is clicked: then a person clicks again.
					return get(t, b, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
						if (!(Date.now() - window.clicked < 3000)) {
							window.clicked = Date.now();
							document.querySelector(%q)?.click();
						}
						return !!document.querySelector(%q);
					})()`, open+"button.execute", open+".live-responses-table pre")))
				})
				answer := get(t, b, chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q).innerText", open+".live-responses-table pre")))
				if !strings.Contains(strings.ReplaceAll(answer, " ", ""), `"ret":0`) {
					t.Errorf("%s is answered %s", id, answer)
				}
			}
			b.sees(t, "answered", "Rookery: interfaces")
		})
	}
}
