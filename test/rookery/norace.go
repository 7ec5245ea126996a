//go:build !race

package rookery

const raceDetector = false
