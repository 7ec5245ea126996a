// Runs passport-qq2015 as a web server's middleware would: without a code it prints the address to redirect the browser to,
// with a code the result of the strategy. The options come as JSON in the first argument, the code in the second.
const { Strategy } = require('passport-qq2015');

const [options, code] = process.argv.slice(2);
const print = (outcome) => console.log(JSON.stringify(outcome));
const strategy = new Strategy(JSON.parse(options), (accessToken, refreshToken, profile, done) => done(null, { accessToken, profile }));
strategy.redirect = (url) => print({ redirect: url });
strategy.success = (user) => print({ success: user });
strategy.fail = (why) => print({ fail: String(why) });
strategy.error = (err) => print({ error: String(err) });
strategy.authenticate({ query: code ? { code } : {} });
