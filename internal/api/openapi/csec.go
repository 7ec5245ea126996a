package openapi

import "github.com/rookeryhq/rookery/internal/access"

// wordFilter is /v3/csec/word_filter.
func (d *door) wordFilter(c *access.Call) (any, error) {
	text, found := d.Words.Hide(c.Input.(*request).content)
	return &answer{data: func(w *writer) {
		w.text("msg", text) // of an empty text too
		w.flag("is_dirty", found)
	}}, nil
}
