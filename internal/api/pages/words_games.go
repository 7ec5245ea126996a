package pages

import "github.com/rookeryhq/rookery/internal/platform"

// gameWords holds the texts of the Game Center's page in one language.
type gameWords struct {
	GameCenter, Games, Entries, NoGames, NoGamesNote, NoGameText, NoBoardText string
	FriendsPlay                                                               string // with their number
	Achievements, NoAchievements                                              string
	Ranking, ThisWeek, LastWeek, AllTime, NoScores, MorePlaces                string
	WeekOf                                                                    string // with the date of its Monday
	OwnPlace, LastWeekPlace                                                   string // with the place and the number of places
	Outdated                                                                  string
	Chart, ChartText, AsTable, Week, You, BestFriend                          string
	Feeds, NoFeeds, OlderFeeds, Picture                                       string
	Challenges, Challenge, NoChallenges, OlderChallenges, Won, Lost, Drawn    string
	UnderWay                                                                  string // with the time of its end
	RecentGames, NoRecentGames                                                string

	Derived map[int]string // the achievements that follow from scores
}

var gamesInEnglish = gameWords{
	GameCenter: "Game Center", Games: "Your games", Entries: "Parts of this page",
	NoGames:     "No game that you use takes part in the Game Center yet.",
	NoGamesNote: "Sign in to a game that does, and play a round: your scores, your friends' and your challenges appear here.",
	NoGameText:  "You use no game with this number in the Game Center.",
	NoBoardText: "There is no ranking with this name. Those of the last eight weeks can be seen.",
	FriendsPlay: "Friends who play it too: %d",

	Achievements: "Achievements", NoAchievements: "Play a round, and your best scores appear here.",
	Ranking: "Friends' ranking", ThisWeek: "This week", LastWeek: "Last week", AllTime: "All time", WeekOf: "Week of %s",
	NoScores: "Neither you nor a friend has a score here yet. Play a round to be the first.", MorePlaces: "More places",
	OwnPlace: "You are number %d of %d.", LastWeekPlace: "Last week you came in as number %d of %d.",
	Outdated: "Not everything can be read at the moment, so this may be out of date.",

	Chart: "Best scores of the weeks", ChartText: "Bars for your best score and the best friend's in this week and the eight before it. The table below has the numbers.",
	AsTable: "As a table", Week: "Week", You: "You", BestFriend: "Best friend",
	Feeds: "Feed", NoFeeds: "Nothing was posted in the last 30 days. What games post for you and your friends appears here.", OlderFeeds: "Older posts", Picture: "Picture",
	Challenges: "Challenges", Challenge: "Challenge", NoChallenges: "There is no challenge. Challenge a friend in the game, and it appears here.", OlderChallenges: "Older challenges",
	Won: "won", Lost: "lost", Drawn: "drawn", UnderWay: "until %s",
	RecentGames: "Games you played", NoRecentGames: "You have played no game yet.",

	Derived: map[int]string{
		platform.AchievementBest: "Best score", platform.AchievementSettledRank: "Place of all last week", platform.AchievementDayRounds: "Rounds today",
		platform.AchievementWeekRounds: "Rounds this week", platform.AchievementDayBest: "Best today", platform.AchievementWeekBest: "Best this week",
		platform.AchievementWeekRank: "Place of all this week",
	},
}

var gamesInChinese = gameWords{
	GameCenter: "游戏中心", Games: "我的游戏", Entries: "本页内容",
	NoGames:     "您使用的游戏都还没有接入游戏中心。",
	NoGamesNote: "请登录一款已接入的游戏并玩一局，您和好友的成绩与挑战就会显示在这里。",
	NoGameText:  "您没有在游戏中心使用该编号的游戏。",
	NoBoardText: "没有这个排行榜，只能查看最近八周的排行榜。",
	FriendsPlay: "%d 位好友也在玩",

	Achievements: "成就", NoAchievements: "玩一局，您的最好成绩就会显示在这里。",
	Ranking: "好友排行", ThisWeek: "本周", LastWeek: "上周", AllTime: "历史", WeekOf: "%s 那一周",
	NoScores: "您和好友都还没有成绩，来玩第一局吧。", MorePlaces: "更多名次",
	OwnPlace: "您排在第 %d 名，共 %d 人。", LastWeekPlace: "上周您获得第 %d 名，共 %d 人。",
	Outdated: "暂时无法读取全部数据，排行可能不是最新的。",

	Chart: "每周最好成绩", ChartText: "柱形表示本周和之前八周里您和最强好友的最好成绩，具体数值见下方表格。",
	AsTable: "以表格显示", Week: "周", You: "我", BestFriend: "最强好友",
	Feeds: "动态", NoFeeds: "最近 30 天没有动态。游戏为您和好友发布的动态会显示在这里。", OlderFeeds: "更早的动态", Picture: "图片",
	Challenges: "挑战", Challenge: "挑战", NoChallenges: "没有挑战。在游戏中向好友发起挑战，就会显示在这里。", OlderChallenges: "更早的挑战",
	Won: "胜", Lost: "负", Drawn: "平", UnderWay: "截止 %s",
	RecentGames: "最近玩过", NoRecentGames: "您还没有玩过游戏。",

	Derived: map[int]string{
		platform.AchievementBest: "历史最好成绩", platform.AchievementSettledRank: "上周总排名", platform.AchievementDayRounds: "今日局数",
		platform.AchievementWeekRounds: "本周局数", platform.AchievementDayBest: "今日最好成绩", platform.AchievementWeekBest: "本周最好成绩",
		platform.AchievementWeekRank: "本周总排名",
	},
}
