//go:build race

package child

// raceDetector says that the tests run with the race detector; the binary is then built with it too.
const raceDetector = true
