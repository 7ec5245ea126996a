package openapi

import "github.com/rookeryhq/rookery/internal/access"

// wordFilter is /v3/csec/word_filter.
func (d *door) wordFilter(c *access.Call, in *request) (any, error) {
	text, found := d.Words.Hide(in.content)
	return &answer{data: func(w *writer) {
		w.text("msg", text) // of an empty text too
		w.flag("is_dirty", found)
	}}, nil
}
