// Package picture is the door to the picture that accounts without one of their own show, and to its variants that the platform's
// pages show for people and apps. Clients put a size after its address, with a slash or without one.
package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
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
		Guide:         access.Guide{Title: "Picture", Media: "image/png", About: "The picture that accounts without one of their own show, for anybody."},
		Prefixes:      []string{Path},
		Head:          true,
		EmptySegments: true, // of /picture/ and /40
		Endpoints: []access.Endpoint{
			get("/picture"), get(Path + "{$}"), get(Path + "{size}"),
			get(Path + "{first}/{size}"), // of a variant, or another size after an address that has one
		},
		Encode: encode,
	}
}

// Tints are how many colours a variant's ground has.
const tints = 16

// Person returns the address of the picture of somebody with that name. People whose names begin with letters that follow each
// other have different colours.
func Person(name string) string { return variant(people, name) }

// App returns the address of an app's icon.
func App(name string) string { return variant(apps, name) }

func variant(kind byte, name string) string {
	tint := 0
	for _, first := range name {
		tint = int(first) % tints
		break
	}
	return Path + string(kind) + strconv.Itoa(tint) + "/" + usual
}

// The kinds of variants, as the first letter of their names.
const (
	people = 'p'
	apps   = 'a'
)

// usual is the size of the picture without a size.
const usual = "100"

// show answers the smallest picture that is not smaller than wanted. 0 is the largest, as at the original.
func show(c *access.Call) (any, error) {
	all := pictures
	if first := c.Request.PathValue("first"); first != "" && variants()[first] != nil {
		all = variants()[first]
	}
	text := c.Request.PathValue("size")
	if text == "" {
		text = usual
	}
	wanted, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, access.ErrNoRoute
	}
	for _, p := range all {
		if wanted != 0 && uint64(p.size) >= wanted {
			return p, nil
		}
	}
	return all[len(all)-1], nil
}

// picture is a picture with a number of pixels a side.
type picture struct {
	size int
	file func() []byte // a PNG
}

// pictures are those of accounts without one, in ascending order of their sizes.
var pictures = inSizes(look{color.RGBA{0x8f, 0xa3, 0xb5, 0xff}, color.RGBA{0xf2, 0xf5, 0xf7, 0xff}, person})

// variants have the same sizes.
var variants = sync.OnceValue(func() map[string][]picture {
	all := make(map[string][]picture)
	for tint := range tints {
		name := strconv.Itoa(tint)
		ground := hue(float64(tint) / tints)
		all[string(people)+name] = inSizes(look{ground, color.RGBA{0xfd, 0xfa, 0xf4, 0xff}, person})
		all[string(apps)+name] = inSizes(look{color.RGBA{0xfd, 0xfa, 0xf4, 0xff}, ground, tower})
	}
	return all
})

// inSizes returns a picture in the sizes that the original has (qq-connect-openapi.md, A.6), each drawn when it is first asked for.
func inSizes(l look) (all []picture) {
	for _, size := range [...]int{30, 40, 50, 100, 140, 640} {
		all = append(all, picture{size, sync.OnceValue(func() []byte { return l.draw(size) })})
	}
	return all
}

// headers let everybody keep and use the picture, web pages in a canvas too.
var headers = http.Header{
	"Cache-Control":               {"public, max-age=604800"},
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

// look is what a picture shows.
type look struct {
	back, front color.RGBA
	figure      func(x, y float64) bool // reports whether a point of the unit square, whose origin is the top left corner, is in front
}

func (l look) draw(size int) []byte {
	const fine = 4 // a side of the samples that a pixel is the mean of
	shades := make(color.Palette, fine*fine+1)
	for i := range shades {
		mix := func(back, front uint8) uint8 { return uint8(int(back) + (int(front)-int(back))*i/(fine*fine)) }
		shades[i] = color.RGBA{mix(l.back.R, l.front.R), mix(l.back.G, l.front.G), mix(l.back.B, l.front.B), 0xff}
	}
	img := image.NewPaletted(image.Rect(0, 0, size, size), shades)
	for y := range size {
		for x := range size {
			inside := 0
			for i := range fine * fine {
				at := func(n, sample int) float64 { return (float64(n) + (float64(sample)+0.5)/fine) / float64(size) }
				if l.figure(at(x, i%fine), at(y, i/fine)) {
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

// hue returns a colour of the colour circle, from 0 to 1, of even darkness: white on it is easy to see.
func hue(turn float64) color.RGBA {
	part := func(shift float64) uint8 { return uint8(0x70 + 0x40*math.Cos(2*math.Pi*(turn-shift))) }
	return color.RGBA{part(0), part(1. / 3), part(2. / 3), 0xff}
}

// person is head and shoulders.
func person(x, y float64) bool {
	in := func(centreX, centreY, radiusX, radiusY float64) bool {
		dx, dy := (x-centreX)/radiusX, (y-centreY)/radiusY
		return dx*dx+dy*dy <= 1
	}
	return in(0.5, 0.37, 0.17, 0.19) || in(0.5, 1, 0.36, 0.36)
}

// tower is the rook of chess.
func tower(x, y float64) bool {
	in := func(left, top, right, bottom float64) bool { return x >= left && x <= right && y >= top && y <= bottom }
	battlements := in(0.24, 0.2, 0.76, 0.4) && !in(0.36, 0, 0.44, 0.29) && !in(0.56, 0, 0.64, 0.29)
	return battlements || in(0.33, 0.4, 0.67, 0.7) || in(0.22, 0.7, 0.78, 0.82)
}
