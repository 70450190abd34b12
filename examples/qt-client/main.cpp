// A desk in a terminal: connects to an alarm server, prints what happens, and takes commands from standard input.
#include "account.h"
#include "alarm_client.h"
#include "console.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QSslCertificate>
#include <QTimer>

#include <cstdlib>
#include <optional>

namespace {

constexpr int exitStopped = 1;
constexpr int exitUsage = 2;

struct Options
{
    QUrl server;
    QSslConfiguration tls;
    std::chrono::seconds silenceLimit;
    QString token;
    QString username;
    QString password;
    bool registers;
};

// Of what --ca holds only: the certificates of the system are not trusted beside it.
std::optional<QSslConfiguration> trusting(const QString &caFile)
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    if (caFile.isEmpty())
        return tls;
    const QList<QSslCertificate> trusted = QSslCertificate::fromPath(caFile, QSsl::Pem, QSslCertificate::PatternSyntax::FixedString);
    if (trusted.isEmpty())
        return std::nullopt;
    tls.setCaCertificates(trusted);
    return tls;
}

[[noreturn]] void refuse(const QString &why)
{
    qCritical("%s", qUtf8Printable(why));
    std::exit(exitUsage);
}

// Secrets come by the environment: everybody on the machine can read a command line.
Options readOptions(const QCoreApplication &app)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral(
        "Prints what an alarm server tells a user.\n"
        "The environment has the user's password in ALARM_PASSWORD, or instead of --user a token in ALARM_TOKEN.\n"
        "Standard input takes: trigger <alarm id> <price>, ack <alarm id> [comment], alarms, quit."));
    parser.addHelpOption();
    const QCommandLineOption user(QStringLiteral("user"), QStringLiteral("Log in as this user."), QStringLiteral("name"));
    const QCommandLineOption registers(QStringLiteral("register"), QStringLiteral("Register the user first."));
    const QCommandLineOption ca(QStringLiteral("ca"), QStringLiteral("Trust only the certificates in this PEM file."), QStringLiteral("file"));
    const QCommandLineOption silence(QStringLiteral("silence"), QStringLiteral("Take a connection for dead after this much silence (30)."), QStringLiteral("seconds"), QStringLiteral("30"));
    parser.addOptions({user, registers, ca, silence});
    parser.addPositionalArgument(QStringLiteral("server"), QStringLiteral("https://host:port, or http:// for one on this machine."));
    parser.process(app);

    if (parser.positionalArguments().size() != 1)
        refuse(QStringLiteral("Give one server: https://host:port"));
    const QUrl server(parser.positionalArguments().constFirst(), QUrl::StrictMode);
    if (!server.isValid() || server.host().isEmpty() || (server.scheme() != QLatin1String("https") && server.scheme() != QLatin1String("http")))
        refuse(QStringLiteral("The server is not of the form https://host:port"));
    bool isNumber = false;
    const int seconds = parser.value(silence).toInt(&isNumber);
    if (!isNumber || seconds < 1 || seconds > 3600)
        refuse(QStringLiteral("--silence takes 1 to 3600 seconds"));
    const auto tls = trusting(parser.value(ca));
    if (!tls)
        refuse(QStringLiteral("--ca: there is no certificate in PEM in this file"));
    const Options options{server, *tls, std::chrono::seconds(seconds), qEnvironmentVariable("ALARM_TOKEN"), parser.value(user), qEnvironmentVariable("ALARM_PASSWORD"), parser.isSet(registers)};
    if (options.username.isEmpty() ? options.token.isEmpty() : options.password.isEmpty())
        refuse(QStringLiteral("Give --user and ALARM_PASSWORD, or ALARM_TOKEN"));
    return options;
}

void print(const QString &text)
{
    Console::print(text);
}

void printAlarms(const AlarmClient &client)
{
    print(QStringLiteral("alarms %1").arg(client.alarms().size()));
    for (const QJsonObject &alarm : client.alarms())
        print(QStringLiteral("alarm ") + QString::fromUtf8(QJsonDocument(alarm).toJson(QJsonDocument::Compact)));
}

// What became of the alarm's triggers, in words. Empty where there is nothing to tell.
QString statusOf(const QJsonObject &alarm)
{
    const QJsonObject status = alarm[QLatin1String("status")].toObject();
    QStringList words;
    if (status.contains(QLatin1String("state")))
        words << QStringLiteral("%1, %2 triggers, the last at %3").arg(status[QLatin1String("state")].toString()).arg(status[QLatin1String("count")].toInteger()).arg(status[QLatin1String("price")].toDouble());
    const QJsonObject ack = status[QLatin1String("ack")].toObject();
    if (!ack.isEmpty())
        words << QStringLiteral("acknowledged up to %1 by %2").arg(ack[QLatin1String("upto")].toInteger()).arg(ack[QLatin1String("by")].toString());
    if (!ack[QLatin1String("comment")].toString().isEmpty())
        words << ack[QLatin1String("comment")].toString();
    if (status.contains(QLatin1String("snoozed")))
        words << QStringLiteral("snoozed until ") + status[QLatin1String("snoozed")].toObject()[QLatin1String("until")].toString();
    return words.join(QLatin1String("; "));
}

// The alarms of a message that changes some: of an alarm_update, or of a page_update about a page that was acknowledged.
void printStatus(const QJsonObject &payload)
{
    QJsonArray alarms = payload[QLatin1String("alarms")].toArray();
    if (payload.contains(QLatin1String("data")))
        alarms.append(payload[QLatin1String("data")]);
    for (const QJsonValue &alarm : alarms)
        if (const QString words = statusOf(alarm.toObject()); !words.isEmpty())
            print(QStringLiteral("status %1 %2").arg(alarm[QLatin1String("id")].toString(), words));
}

void tellSent(bool wasLive, const QString &type, const QString &id)
{
    if (id.isEmpty())
        print(QStringLiteral("not sent: %1 commands wait for their answers").arg(AlarmClient::mostUnanswered));
    else
        print((wasLive ? QStringLiteral("sent %1 %2") : QStringLiteral("waits for a connection: %1 %2")).arg(type, id));
}

void trigger(AlarmClient &client, const QString &alarmId, double price)
{
    const bool isLive = client.isLive();
    tellSent(isLive, QStringLiteral("trigger_alarm"), client.triggerAlarm(alarmId, price));
}

void acknowledge(AlarmClient &client, const QString &alarmId, const QString &comment)
{
    const bool isLive = client.isLive();
    tellSent(isLive, QStringLiteral("ack_alarm"), client.acknowledge(alarmId, comment));
}

void obey(AlarmClient &client, const QStringList &words)
{
    bool isNumber = false;
    if (words == QStringList{QStringLiteral("quit")})
        client.close();
    else if (words == QStringList{QStringLiteral("alarms")})
        printAlarms(client);
    else if (const double price = words.value(2).toDouble(&isNumber); words.size() == 3 && words[0] == QLatin1String("trigger") && isNumber)
        trigger(client, words[1], price);
    else if (words.size() >= 2 && words[0] == QLatin1String("ack"))
        acknowledge(client, words[1], words.mid(2).join(QLatin1Char(' ')));
    else
        print(QStringLiteral("what? trigger <alarm id> <price>, ack <alarm id> [comment], alarms, quit"));
}

QString inSeconds(const QString &what)
{
    return QStringLiteral("%1 in %2 s").arg(what).arg(AlarmClient::reconnectAfter.count());
}

void printEvents(AlarmClient &client)
{
    QObject::connect(&client, &AlarmClient::connected, [] { print(QStringLiteral("connected")); });
    QObject::connect(&client, &AlarmClient::failed, [](const QString &why) { print(QStringLiteral("failed: ") + why); });
    QObject::connect(&client, &AlarmClient::received, [](const QString &type, const QJsonObject &payload, const QString &id) {
        const QString answers = id.isEmpty() ? QString() : QStringLiteral("answers ") + id + QLatin1Char(' ');
        print(answers + type + QLatin1Char(' ') + QString::fromUtf8(QJsonDocument(payload).toJson(QJsonDocument::Compact)));
        if (type == QLatin1String("alarm_update") || type == QLatin1String("page_update"))
            printStatus(payload);
    });
    QObject::connect(&client, &AlarmClient::triggeredMeanwhile, [](const QJsonObject &alarm) {
        print(QStringLiteral("triggered meanwhile ") + QString::fromUtf8(QJsonDocument(alarm).toJson(QJsonDocument::Compact)));
    });
    QObject::connect(&client, &AlarmClient::outcomeUnknown, [](const QString &id) { print(QStringLiteral("not answered for a day, given up: ") + id); });
    QObject::connect(&client, &AlarmClient::lost, [](int code, const QString &reason) {
        print(QStringLiteral("closed %1 %2").arg(QString::number(code), reason));
        print(inSeconds(QStringLiteral("connecting again")));
    });
    QObject::connect(&client, &AlarmClient::stopped, [](int code, const QString &reason) {
        print(QStringLiteral("stopped %1 %2").arg(QString::number(code), reason));
        QCoreApplication::exit(code == QWebSocketProtocol::CloseCodeNormal ? 0 : exitStopped);
    });
}

// A token lives for an hour or so: with a password, another one is got whenever one has ended.
void keepLoggedIn(AlarmClient &client, Account &account, bool registers)
{
    auto *again = new QTimer(&account);
    again->setSingleShot(true);
    again->setInterval(AlarmClient::reconnectAfter);
    const auto begin = [&account, registers] { registers ? account.registerAndLogIn() : account.logIn(); };
    QObject::connect(&account, &Account::loggedIn, &client, &AlarmClient::open);
    QObject::connect(&account, &Account::refused, [](const QString &why) {
        print(QStringLiteral("refused: ") + why);
        QCoreApplication::exit(exitStopped);
    });
    QObject::connect(&account, &Account::unreachable, [again](const QString &why) {
        print(QStringLiteral("failed: ") + why);
        print(inSeconds(QStringLiteral("logging in")));
        again->start();
    });
    QObject::connect(&client, &AlarmClient::tokenRefused, [again] {
        print(inSeconds(QStringLiteral("the token has ended: logging in")));
        again->start();
    });
    QObject::connect(again, &QTimer::timeout, begin);
    begin();
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    const Options options = readOptions(app);

    AlarmClient client(options.server, options.tls, options.silenceLimit);
    Account account(options.server, options.tls, options.username, options.password);
    Console console;
    printEvents(client);
    QObject::connect(&console, &Console::entered, [&client](const QStringList &words) { obey(client, words); });
    if (options.username.isEmpty()) {
        QObject::connect(&client, &AlarmClient::tokenRefused, [] {
            print(QStringLiteral("stopped: the token is not taken"));
            QCoreApplication::exit(exitStopped);
        });
        client.open(options.token);
    } else {
        keepLoggedIn(client, account, options.registers);
    }
    return QCoreApplication::exec();
}
