package platform

// GameCenterPermission is among an app's APIs when it is configured for the Game Center. No app has it by default.
const GameCenterPermission = "gamecenter"
