package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"github.com/rookeryhq/rookery/internal/access"
)

//go:embed templates
var files embed.FS

// style is inside every page, so that the pages' policy needs to allow only its hash.
var style = func() template.CSS {
	content, err := files.ReadFile("templates/style.css")
	if err != nil {
		panic(err)
	}
	return template.CSS(content)
}()

// templates are the pages by name, each in the layout.
var templates = func() map[string]*template.Template {
	layout := template.Must(template.ParseFS(files, "templates/layout.html"))
	all := make(map[string]*template.Template)
	template.Must(layout.ParseFS(files, "templates/inbox.html"))
	for _, name := range []string{"signin", "consent", "account", "groups", "group", "gamecenter", "problem"} {
		all[name] = template.Must(template.Must(layout.Clone()).ParseFS(files, "templates/"+name+".html"))
	}
	return all
}()

// Headers of every answer. Other sites get no referrer; the pages' own forms need an Origin, which "no-referrer" would
// blank out.
var (
	noStore   = []string{"no-store"}
	referrers = []string{"same-origin"}
	noSniff   = []string{"nosniff"}
	deny      = []string{"DENY"}

	ownForms = policy("'self'")
)

func policy(forms string) []string {
	hash := sha256.Sum256([]byte(style))
	return []string{"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; img-src 'self' data:;" +
		" form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"}
}

// page is a result to show.
type page struct {
	name   string
	title  string
	status int // 200 when it is 0
	data   any
	// leaves has the schemes of the addresses to which its form leads; "" for none. Chromium applies form-action to every
	// redirect that follows a form, including an app's own redirects to any place.
	leaves string
}

// write renders the page into the call's answer.
func (p page) write(c *access.Call) {
	a := &c.Answer
	a.Status = http.StatusOK
	if p.status != 0 {
		a.Status = p.status
	}
	a.ContentType = "text/html; charset=utf-8"
	a.Header["Content-Security-Policy"] = ownForms
	if p.leaves != "" {
		a.Header["Content-Security-Policy"] = policy("'self' " + p.leaves)
	}
	t := wordsFor(c.Request)
	a.Header["Content-Language"] = []string{t.Lang}
	body := bytes.NewBuffer(a.Body)
	err := templates[p.name].Execute(body, struct {
		T           *words
		Name, Title string
		Style       template.CSS
		Data        any
	}{t, p.name, p.title, style, p.data})
	if err != nil { // never caused by a caller: the templates do not fit the data
		panic(err)
	}
	a.Body = body.Bytes()
}
