// Package picture is the door to the picture that accounts without one of their own show. Clients put a size after its
// address, with a slash or without one.
package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
	"sync"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
)

// Path is the picture's address on the platform, to be followed by a size.
const Path = "/picture/"

// New returns the door. Anybody may call it: the picture is the same for all.
func New() *access.Door {
	get := func(path string) access.Endpoint {
		return access.Endpoint{Method: "GET", Path: path, Summary: "Answers the picture of accounts without one of their own, a PNG that is not smaller than size.", Action: access.Action{Handle: show}}
	}
	return &access.Door{
		Name:          "picture",
		Guide:         access.Guide{Title: "Picture", About: "The picture that accounts without one of their own show, for anybody."},
		Prefixes:      []string{Path},
		Head:          true,
		EmptySegments: true, // of /picture/ and /40
		Endpoints: []access.Endpoint{
			get("/picture"), get(Path + "{$}"), get(Path + "{size}"),
			get(Path + "{first}/{size}"), // another size after an address that has one
		},
		Encode: encode,
	}
}

// usual is the size of the picture without a size.
const usual = "100"

// show answers the smallest picture that is not smaller than wanted. 0 is the largest, as at the original.
func show(c *access.Call) (any, error) {
	text := c.Request.PathValue("size")
	if text == "" {
		text = usual
	}
	wanted, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, access.ErrNoRoute
	}
	last := pictures[len(pictures)-1]
	for _, p := range pictures {
		if wanted != 0 && uint64(p.size) >= wanted {
			return p, nil
		}
	}
	return last, nil
}

// picture is the picture with a number of pixels a side.
type picture struct {
	size int
	file func() []byte // a PNG
}

// pictures are in the sizes that the original has (qq-connect-openapi.md, A.6), in ascending order, each drawn when it is
// first asked for.
var pictures = func() (all []picture) {
	for _, size := range [...]int{30, 40, 50, 100, 140, 640} {
		all = append(all, picture{size, sync.OnceValue(func() []byte { return draw(size) })})
	}
	return all
}()

// headers let everybody keep and use the picture, web pages in a canvas too.
var headers = http.Header{
	"Cache-Control":               {"public, max-age=604800"},
	"X-Content-Type-Options":      {"nosniff"},
	"Access-Control-Allow-Origin": {"*"},
}

func encode(c *access.Call, result any, err error) {
	a := &c.Answer
	if err != nil {
		a.Status, a.ContentType = refuse.Status(err), "text/plain; charset=utf-8"
		a.Body = append(a.Body, "the picture is at /picture/SIZE\n"...)
		return
	}
	a.Status, a.ContentType, a.Header = http.StatusOK, "image/png", headers
	a.Body = append(a.Body, result.(picture).file()...)
}

// draw draws head and shoulders.
func draw(size int) []byte {
	const fine = 4 // a side of the samples that a pixel is the mean of
	shades := make(color.Palette, fine*fine+1)
	for i := range shades {
		mix := func(back, front int) uint8 { return uint8(back + (front-back)*i/(fine*fine)) }
		shades[i] = color.RGBA{mix(0x8f, 0xf2), mix(0xa3, 0xf5), mix(0xb5, 0xf7), 0xff}
	}
	img := image.NewPaletted(image.Rect(0, 0, size, size), shades)
	for y := range size {
		for x := range size {
			inside := 0
			for i := range fine * fine {
				at := func(n, sample int) float64 { return (float64(n) + (float64(sample)+0.5)/fine) / float64(size) }
				if figure(at(x, i%fine), at(y, i/fine)) {
					inside++
				}
			}
			img.SetColorIndex(x, y, uint8(inside))
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil { // a Buffer takes everything
		panic(err)
	}
	return file.Bytes()
}

// figure reports whether a point of the unit square, whose origin is the top left corner, is in the figure.
func figure(x, y float64) bool {
	in := func(centreX, centreY, radiusX, radiusY float64) bool {
		dx, dy := (x-centreX)/radiusX, (y-centreY)/radiusY
		return dx*dx+dy*dy <= 1
	}
	return in(0.5, 0.37, 0.17, 0.19) || in(0.5, 1, 0.36, 0.36)
}
