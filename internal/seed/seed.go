// Package seed is the form of the file that `rookery dev --seed` makes a world of and `rookery dev export` writes: apps, accounts,
// friendships, and which accounts have tokens of which apps. docs/seed.md describes it.
package seed

import (
	"github.com/rookeryhq/rookery/internal/platform"
)

// Version is the version of the form that Read reads and World writes. A change that older files do not survive gets a
// new one.
const Version = 1

// The bounds of a world.
const (
	MaxFile     = 16 << 20 // bytes of a file
	MaxAccounts = 10_000
)

// World is the content of a file.
type World struct {
	Version     int          `json:"version" doc:"of the form: 1"`
	Apps        []App        `json:"apps" doc:"the apps, with their keys"`
	Accounts    []Account    `json:"accounts" doc:"the accounts, with their passwords"`
	Friendships []Friendship `json:"friendships" doc:"who is whose friend"`
	Tokens      []Token      `json:"tokens" doc:"which accounts have authorized which apps"`

	places *places // where its parts are in the file; nil for one that was not read
}

// App is an app. Missing members have the defaults of a new app that is online; missing keys are generated.
type App struct{ platform.App }

// Account is an account. It has a password or the hash of one.
type Account struct {
	UIN          platform.UIN          `json:"uin" doc:"the account's number"`
	Password     string                `json:"password,omitzero" doc:"its password, if the world came with it"`
	PasswordHash string                `json:"password_hash,omitzero" doc:"or the hash of its password: argon2id in the PHC string format"`
	State        platform.AccountState `json:"state,omitzero" doc:"missing for normal"`
	Class        platform.AccountClass `json:"class,omitzero" doc:"missing for ordinary"`
	Profile      platform.Profile      `json:"profile,omitzero" doc:"what it shows of itself, without what is not given"`
}

// Friendship makes two accounts friends of each other.
type Friendship struct {
	Between [2]platform.UIN         `json:"between" doc:"the two accounts"`
	Remarks map[platform.UIN]string `json:"remarks,omitzero" doc:"by the account whose remark about the other it is"`
}

// Token says that an account has authorized an app, for which the world then has a valid token of every kind. Names at the app that
// are missing are made from the numbers.
type Token struct {
	AppID      platform.AppID      `json:"appid" doc:"the app"`
	UIN        platform.UIN        `json:"uin" doc:"the account"`
	OpenID     platform.OpenID     `json:"openid,omitzero" doc:"its openid at the app"`
	MSDKOpenID platform.MSDKOpenID `json:"msdk_openid,omitzero" doc:"its MSDK openid in the game; missing without one"`
}
