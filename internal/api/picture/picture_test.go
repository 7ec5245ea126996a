package picture

import (
	"bytes"
	"image/png"
	"testing"
)

func TestPicturesHaveTheirSizes(t *testing.T) {
	for i, want := range []int{30, 40, 50, 100, 140, 640} {
		file := pictures[i].file()
		img, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != want || b.Dy() != want || len(file) > 16<<10 {
			t.Errorf("it is %v of %d bytes, want %d pixels a side", b, len(file), want)
		}
		corner, centre := img.At(0, 0), img.At(want/2, want/3)
		if corner == centre {
			t.Errorf("%d: there is nothing in it", want)
		}
	}
}
