package openapi

import "github.com/rookeryhq/rookery/internal/access"

// wordFilter is /v3/csec/word_filter.
func (d *door) wordFilter(c *access.Call, in *request) (any, error) {
	text, found := d.Words.Hide(in.content)
	return &answer{data: func(w *writer) {
		w.text("msg", text) // even if the text is empty
		w.flag("is_dirty", found)
	}}, nil
}
