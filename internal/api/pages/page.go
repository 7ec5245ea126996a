package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/picture"
)

//go:embed templates
var files embed.FS

// style and script are inside the pages, so that the pages' policy needs to allow only their hashes.
var (
	style  = template.CSS(content("style.css"))
	script = template.JS(content("script.js"))
)

func content(name string) string {
	text, err := files.ReadFile("templates/" + name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// templates returns the pages by name, each in the layout. They are made when the first page is shown, since most commands show none.
var templates = sync.OnceValue(func() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(template.FuncMap{"person": picture.Person, "app": picture.App, "request": newShownRequest}).ParseFS(files, "templates/layout.html"))
	all := make(map[string]*template.Template)
	template.Must(layout.ParseFS(files, "templates/inbox.html", "templates/parts.html"))
	for _, name := range []string{"signin", "consent", "account", "groups", "group", "gamecenter", "front", "codes", "code", "glossary", "callback", "problem"} {
		all[name] = template.Must(template.Must(layout.Clone()).ParseFS(files, "templates/"+name+".html"))
	}
	return all
})

// Headers of every answer. Other sites get no referrer; the pages' own forms need an Origin, which "no-referrer" would
// blank out.
var (
	referrers = []string{"same-origin"}
	deny      = []string{"DENY"}

	ownForms = policy("'self'", false)

	styleHash, scriptHash = hash(string(style)), hash(string(script))
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// policy returns the content security policy of a page whose forms lead to these sites.
func policy(forms string, scripted bool) []string {
	scripts := ""
	if scripted {
		scripts = " script-src " + scriptHash + ";"
	}
	return []string{"default-src 'none'; style-src " + styleHash + ";" + scripts + " img-src 'self' data:;" +
		" form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"}
}

// page is a result to show.
type page struct {
	name   string
	title  string
	status int // 200 when it is 0
	data   any
	script bool // it has buttons that need the script; without it nothing else is missing
	// leaves has the schemes of the addresses to which its form leads; "" for none. Chromium applies form-action to every
	// redirect that follows a form, including an app's own redirects to any place.
	leaves string
}

// shownRequest is the data of the template request: a request for a shell, with a button to copy it.
type shownRequest struct {
	T                  *words
	ID, About, Command string
}

func newShownRequest(t *words, id, about, command string) shownRequest {
	return shownRequest{t, id, about, command}
}

// layout is the data of the template layout.html.
type layout struct {
	T           *words
	Name, Title string
	Style       template.CSS
	Script      template.JS // "" for none
	Here        string      // the page's own address
	Others      []*words    // the languages that the person can choose
	Data        any
}

// write renders the page into the call's answer.
func (p page) write(c *access.Call) {
	a := &c.Answer
	a.Status = http.StatusOK
	if p.status != 0 {
		a.Status = p.status
	}
	a.ContentType = "text/html; charset=utf-8"
	t := wordsFor(c)
	forms := "'self'"
	if p.leaves != "" {
		forms += " " + p.leaves
	}
	a.Header["Content-Security-Policy"] = policy(forms, p.script)
	a.Header["Content-Language"] = []string{t.Lang}
	body := bytes.NewBuffer(a.Body)
	shown := layout{T: t, Name: p.name, Title: p.title, Style: style, Here: strings.ToValidUTF8(c.Request.URL.RequestURI(), "%EF%BF%BD"), Data: p.data}
	if p.script {
		shown.Script = script
	}
	for _, other := range languages {
		if other != t {
			shown.Others = append(shown.Others, other)
		}
	}
	err := templates()[p.name].Execute(body, shown)
	if err != nil { // never caused by a caller: the templates do not fit the data
		panic(err)
	}
	a.Body = body.Bytes()
}
