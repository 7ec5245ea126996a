package platform

// GameCenterPermission is among an app's APIs when it is configured for the Game Center. No app has it by default.
const GameCenterPermission = "gamecenter"

// GameCommand is what the operator decided about a command of the Game Center's door.
type GameCommand struct {
	Name string `json:"name"`
	Off  bool   `json:"off,omitzero"`
	// Ways are the ways of identity that the command takes, of those that it is declared with; nil stands for all of them.
	Ways []string `json:"ways"`
}
