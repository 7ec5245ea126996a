package admin

import (
	"crypto/sha256"

	"github.com/rookeryhq/rookery/internal/access"
)

// Bearer is the stage "bearer" for those who show the token. Other doors for operators use it with Input and Encode.
func Bearer(token string) access.Stage {
	d := &door{token: sha256.Sum256([]byte(token))}
	return access.Stage{Name: "bearer", Run: d.bearer}
}

// Input decodes a call's body strictly.
func Input[T any](c *access.Call) (T, error) { return input[T](c) }

// QueryNumber reads a parameter of the URL that is a number from 0 to most.
func QueryNumber(c *access.Call, name string, otherwise, most uint64) (uint64, error) {
	return queryNumber(c, name, otherwise, most)
}

// Encode is the admin API's: JSON, with the usual HTTP statuses.
func Encode(c *access.Call, result any, err error) { encode(c, result, err) }
