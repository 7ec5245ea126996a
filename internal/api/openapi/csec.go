package openapi

import "github.com/rookeryhq/rookery/internal/access"

type contentField struct {
	Content string `json:"content" required:"true" doc:"the text, in the charset of the call"`
}

type filteredFields struct {
	Msg     string `json:"msg" doc:"the text, with asterisks in place of the words"`
	IsDirty int    `json:"is_dirty" doc:"1 if there were any"`
}

// wordFilter is /v3/csec/word_filter.
func (d *door) wordFilter(c *access.Call, in *request) (any, error) {
	text, found := d.Words.Hide(in.content)
	return &answer{data: func(w *writer) {
		w.text("msg", text) // even if the text is empty
		w.flag("is_dirty", found)
	}}, nil
}
