// Package client is the Go SDK for a game's back end: typed calls to the platform's doors.
//
// A Client speaks for one registered app:
//
//	c, err := client.New("https://platform.example", client.App{GameID: "10001", SigKey: key})
//	...
//	err = c.V5.VerifyLogin(ctx, client.Player{OpenID: openid, Token: token})
//	if errors.Is(err, retcode.QQAccessTokenExpired) {
//		// let the player log in again
//	}
//
// The calls are grouped by door: V5 and V3 are the two generations of MSDK, Connect is the login by OAuth 2.0, OpenAPI is
// OpenAPI V3, GameCenter the Game Center. They sign by the door's own rules, with the App's key for that door; the other keys may be
// empty.
//
// The platform asks in its turn: IDIPHandler answers its questions about guilds, and OIDBServer carries out commands of its bus.
//
// # Errors
//
// A refusal by the platform is an *Error, which holds the code, the platform's sentence and the request id that finds the
// call in the platform's log. errors.Is finds the code in it, and its Class says what to do. Any other error says why there
// was no answer, or why no request was sent. No error shows a key, a token or a signature.
//
// # Repeats
//
// A call is repeated when the error's class says that the same call may work in a moment, when it came too often, or when
// no answer came at all; but a call that must not happen twice is repeated only if it cannot have been carried out. Between
// attempts the client waits for as long as the platform asked it to, plus a random time below a bound that doubles. It does
// not begin a wait that the context's deadline would cut off. Over time at most a tenth of the calls are repeated, so that
// clients do not keep a struggling platform down.
package client
