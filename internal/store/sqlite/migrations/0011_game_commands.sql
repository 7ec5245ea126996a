-- What the operator decided about the commands of the Game Center's door.

CREATE TABLE game_commands (
    name   TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;
