#include "alarm_client.h"

#include <QJsonDocument>
#include <QRegularExpression>
#include <QtGlobal>
#include <QUrlQuery>
#include <QUuid>

#include <utility>

namespace {

// The server's close codes: in this range a client stops, with any other code, or none, it connects again.
constexpr int firstStop = 4000;
constexpr int lastStop = 4499;
constexpr int tokenEnded = 4001;

// The largest resume that the server takes (docs/protocol.md, Limits).
constexpr qsizetype resumeBytes = 1024 * 1024;
constexpr qsizetype resumePages = 20000;
// A server remembers a command's id for this long at the least.
constexpr qint64 rememberedSecs = 24 * 60 * 60;

QString messageText(const QString &type, const QString &id, const QJsonObject &payload)
{
    const QJsonObject message{{QStringLiteral("type"), type}, {QStringLiteral("id"), id}, {QStringLiteral("payload"), payload}};
    return QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact));
}

QString newId()
{
    return QUuid::createUuid().toString(QUuid::WithoutBraces);
}

// QWebSocket tells a refused handshake's status in words only: "… Unhandled http status code: 401 (Unauthorized)."
bool isUnauthorized(const QString &error)
{
    static const QRegularExpression status(QStringLiteral("\\b401\\b"));
    return error.contains(status);
}

QUrl socketUrl(QUrl url, const QString &token, bool resumes)
{
    url.setScheme(url.scheme() == QLatin1String("https") ? QStringLiteral("wss") : QStringLiteral("ws"));
    url.setPath(QStringLiteral("/ws"));
    QUrlQuery query;
    query.addQueryItem(QStringLiteral("token"), token);
    if (resumes)
        query.addQueryItem(QStringLiteral("resume"), QStringLiteral("1"));
    url.setQuery(query);
    return url;
}

} // namespace

AlarmClient::AlarmClient(const QUrl &server, const QSslConfiguration &tls, std::chrono::milliseconds silenceLimit, QObject *parent)
    : QObject(parent), m_server(server), m_tls(tls)
{
    m_reconnect.setSingleShot(true);
    m_reconnect.setInterval(reconnectAfter);
    connect(&m_reconnect, &QTimer::timeout, this, &AlarmClient::connectToServer);
    m_silence.setInterval(silenceLimit);
    connect(&m_silence, &QTimer::timeout, this, &AlarmClient::onSilence);
}

void AlarmClient::open(const QString &token)
{
    m_token = token;
    connectToServer();
}

void AlarmClient::close()
{
    m_closing = true;
    m_reconnect.stop();
    if (m_socket != nullptr && m_socket->state() == QAbstractSocket::ConnectedState)
        m_socket->close();
    else
        emit stopped(QWebSocketProtocol::CloseCodeNormal, QString());
}

QString AlarmClient::triggerAlarm(const QString &alarmId, double price)
{
    return command(QStringLiteral("trigger_alarm"), {{QStringLiteral("alarm_id"), alarmId}, {QStringLiteral("price"), price}});
}

QString AlarmClient::acknowledge(const QString &alarmId, const QString &comment)
{
    const QString pageId = m_alarms.value(alarmId)[QLatin1String("page_id")].toString();
    QJsonObject payload{{QStringLiteral("alarm_id"), alarmId}, {QStringLiteral("upto"), m_pages.value(pageId)}};
    if (!comment.isEmpty())
        payload.insert(QStringLiteral("comment"), comment);
    return command(QStringLiteral("ack_alarm"), payload);
}

QString AlarmClient::command(const QString &type, const QJsonObject &payload)
{
    if (m_unanswered.size() >= mostUnanswered)
        return QString();
    const QString id = newId();
    m_unanswered.append({id, messageText(type, id, payload), QDateTime()});
    if (m_isLive) {
        m_unanswered.last().firstSent = QDateTime::currentDateTimeUtc();
        m_socket->sendTextMessage(m_unanswered.last().text);
    }
    return id;
}

// A socket of its own for each attempt: a QWebSocket that is opened again keeps the close code of the time before.
void AlarmClient::connectToServer()
{
    if (m_socket != nullptr) {
        m_socket->disconnect(this);
        m_socket->deleteLater();
    }
    m_socket = new QWebSocket(QString(), QWebSocketProtocol::VersionLatest, this);
    m_socket->setSslConfiguration(m_tls);
    connect(m_socket, &QWebSocket::connected, this, &AlarmClient::onConnected);
    connect(m_socket, &QWebSocket::textMessageReceived, this, &AlarmClient::onTextMessage);
    connect(m_socket, &QWebSocket::pong, this, [this] { m_heard = true; });
    connect(m_socket, &QWebSocket::disconnected, this, &AlarmClient::onDisconnected);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(m_socket, &QWebSocket::errorOccurred, this, &AlarmClient::onError);
#else
    connect(m_socket, qOverload<QAbstractSocket::SocketError>(&QWebSocket::error), this, &AlarmClient::onError);
#endif
    m_heard = false;
    m_wasOpen = false;
    m_error.clear();
    m_silence.start();
    m_isLive = false;
    const QString resume = resumeMessage();
    connect(m_socket, &QWebSocket::connected, this, [this, resume] {
        if (!resume.isEmpty())
            m_socket->sendTextMessage(resume);
    });
    m_socket->open(socketUrl(m_server, m_token, !resume.isEmpty()));
}

// What is held, as the server wants it told. Empty: there is nothing, or more than a resume may hold; then the server sends its whole state.
QString AlarmClient::resumeMessage()
{
    m_resumeId.clear();
    if (m_log.isEmpty() || m_pages.size() > resumePages)
        return QString();
    QJsonObject pages;
    for (auto page = m_pages.cbegin(); page != m_pages.cend(); ++page)
        pages.insert(page.key(), page.value());
    const QString id = newId();
    const QString text = messageText(QStringLiteral("resume"), id, {{QStringLiteral("log"), m_log}, {QStringLiteral("pages"), pages}});
    if (text.toUtf8().size() > resumeBytes)
        return QString();
    m_resumeId = id;
    return text;
}

void AlarmClient::onConnected()
{
    m_heard = true;
    m_wasOpen = true;
    emit connected();
}

void AlarmClient::onTextMessage(const QString &message)
{
    m_heard = true;
    const QJsonObject object = QJsonDocument::fromJson(message.toUtf8()).object();
    const QString type = object[QLatin1String("type")].toString();
    const QString id = object[QLatin1String("id")].toString();
    const QJsonObject payload = object[QLatin1String("payload")].toObject();
    if (type == QLatin1String("initial_state"))
        handleInitialState(payload);
    else if (type == QLatin1String("resumed"))
        handleResumed(payload);
    else if (type == QLatin1String("alarm_update") || type == QLatin1String("page_update")) {
        // Never seen on one socket, but a hole must not stay. (`sync` asks for this one page; to resume does the same for all.)
        if (takeUpdate(type, payload) == Taken::gap)
            return giveUpConnection(QStringLiteral("an update is missing: connecting again to resume"));
    } else if (type == QLatin1String("page_added"))
        addPage(payload);
    else if (type == QLatin1String("page_removed"))
        removePage(payload[QLatin1String("page_id")].toString());
    else if (type == QLatin1String("success") || type == QLatin1String("error"))
        handleAnswer(type, id);
    emit received(type, payload, id);
}

// QWebSocket repeats itself: a refused handshake is told once for each piece of the answer. And it then waits for the server to
// close the connection, which may take a while; but not from within the signal can it be cut.
void AlarmClient::onError()
{
    if (m_error == m_socket->errorString())
        return;
    m_error = m_socket->errorString();
    if (!m_wasOpen)
        QTimer::singleShot(0, m_socket, &QWebSocket::abort);
    emit failed(m_error);
}

void AlarmClient::onDisconnected()
{
    m_silence.stop();
    m_isLive = false;
    const int code = m_socket->closeCode();
    const QString reason = m_socket->closeReason();
    if (m_closing) {
        emit stopped(code, reason);
    } else if (code == tokenEnded || (!m_wasOpen && isUnauthorized(m_error))) {
        emit tokenRefused();
    } else if (code >= firstStop && code <= lastStop) {
        emit stopped(code, reason);
    } else {
        m_reconnect.start();
        emit lost(code, reason);
    }
}

// A network that swallows everything closes no connection. What has said nothing for the limit, though it was asked to (a ping,
// or to connect at all), is taken for dead: after one to two times the limit.
void AlarmClient::onSilence()
{
    if (!m_heard) {
        emit failed(QStringLiteral("nothing was received for too long"));
        return m_socket->abort();
    }
    m_heard = false;
    m_socket->ping();
}

void AlarmClient::handleInitialState(const QJsonObject &payload)
{
    const QMap<QString, QJsonObject> before = std::exchange(m_alarms, {});
    m_pages.clear();
    // A server of the base contract sends no log and no seqs: then there is nothing to resume from.
    m_log = payload[QLatin1String("log")].toString();
    for (const QJsonValue &page : payload[QLatin1String("pages")].toArray())
        m_pages.insert(page[QLatin1String("id")].toString(), page[QLatin1String("seq")].toInteger());
    const QJsonArray alarms = payload[QLatin1String("alarms")].toArray();
    for (const QJsonValue &alarm : alarms)
        putAlarm(alarm.toObject());
    tellMissedTriggers(before, alarms);
    becomeLive();
}

// Every page that may be seen is in it, each with the updates that were missed or with its whole state; what is held and not in it is gone.
void AlarmClient::handleResumed(const QJsonObject &payload)
{
    QMap<QString, qint64> gone = m_pages;
    const QJsonArray entries = payload[QLatin1String("pages")].toArray();
    for (const QJsonValue &entry : entries)
        gone.remove(entry[QLatin1String("page")][QLatin1String("id")].toString());
    for (auto page = gone.cbegin(); page != gone.cend(); ++page) {
        removePage(page.key());
        emit received(QStringLiteral("page_removed"), {{QStringLiteral("page_id"), page.key()}}, QString());
    }
    for (const QJsonValue &entry : entries) {
        const QJsonValue page = entry[QLatin1String("page")];
        if (entry[QLatin1String("alarms")].isArray()) {
            addPage(entry.toObject());
            emit received(QStringLiteral("page_added"), entry.toObject(), QString());
            continue;
        }
        for (const QJsonValue &update : entry[QLatin1String("updates")].toArray()) {
            const QString type = update[QLatin1String("type")].toString();
            if (takeUpdate(type, update[QLatin1String("payload")].toObject()) == Taken::applied)
                emit received(type, update[QLatin1String("payload")].toObject(), QString());
        }
        if (m_pages.value(page[QLatin1String("id")].toString(), -1) != page[QLatin1String("seq")].toInteger())
            return startAnew(QStringLiteral("what was missed of a page did not arrive whole"));
    }
    becomeLive();
}

// A refused resume (of a server that knows none, say) is followed by the whole state.
void AlarmClient::handleAnswer(const QString &type, const QString &id)
{
    if (!id.isEmpty() && id == m_resumeId && type == QLatin1String("error"))
        return startAnew(QStringLiteral("the server did not resume"));
    m_unanswered.removeIf([&id](const Unanswered &command) { return command.id == id; });
}

// An update that is held already is dropped, as is one of a page that is not held.
AlarmClient::Taken AlarmClient::takeUpdate(const QString &type, const QJsonObject &payload)
{
    if (!m_log.isEmpty()) {
        const auto page = m_pages.find(payload[QLatin1String("page_id")].toString());
        const qint64 seq = payload[QLatin1String("seq")].toInteger();
        if (page == m_pages.end() || seq <= *page)
            return Taken::ignored;
        if (seq > *page + 1)
            return Taken::gap;
        *page = seq;
    }
    if (type != QLatin1String("alarm_update")) {
        // Of a page that was acknowledged: the alarms that this has changed.
        for (const QJsonValue &alarm : payload[QLatin1String("alarms")].toArray())
            putAlarm(alarm.toObject());
        return Taken::applied;
    }
    if (payload[QLatin1String("action")].toString() == QLatin1String("deleted"))
        m_alarms.remove(payload[QLatin1String("alarm_id")].toString());
    else
        putAlarm(payload[QLatin1String("data")].toObject());
    return Taken::applied;
}

// The state has arrived: what was not answered is sent, in its order and with its ids, so that what took effect already is only answered.
void AlarmClient::becomeLive()
{
    m_isLive = true;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QList<Unanswered> waiting = std::exchange(m_unanswered, {});
    for (Unanswered command : waiting) {
        // A server of the base contract knows no ids: there a second time may be a second effect.
        if (command.firstSent.isValid() && (m_log.isEmpty() || command.firstSent.secsTo(now) > rememberedSecs)) {
            emit outcomeUnknown(command.id);
            continue;
        }
        if (!command.firstSent.isValid())
            command.firstSent = now;
        m_unanswered.append(command);
        m_socket->sendTextMessage(command.text);
    }
}

// What came does not add up: the next connection begins with the server's whole state.
void AlarmClient::startAnew(const QString &why)
{
    m_log.clear();
    giveUpConnection(why);
}

// Nothing more is received on it. It is cut later, because that must not happen from within one of its signals.
void AlarmClient::giveUpConnection(const QString &why)
{
    m_isLive = false;
    disconnect(m_socket, &QWebSocket::textMessageReceived, this, nullptr);
    QTimer::singleShot(0, m_socket, &QWebSocket::abort);
    emit failed(why);
}

void AlarmClient::addPage(const QJsonObject &payload)
{
    const QMap<QString, QJsonObject> before = m_alarms;
    const QJsonValue page = payload[QLatin1String("page")];
    removePage(page[QLatin1String("id")].toString());
    m_pages.insert(page[QLatin1String("id")].toString(), page[QLatin1String("seq")].toInteger());
    const QJsonArray alarms = payload[QLatin1String("alarms")].toArray();
    for (const QJsonValue &alarm : alarms)
        putAlarm(alarm.toObject());
    tellMissedTriggers(before, alarms);
}

// A state does not say what happened, but last_triggered does: RFC 3339 in UTC with milliseconds, so that the order of the texts is that of the moments.
void AlarmClient::tellMissedTriggers(const QMap<QString, QJsonObject> &before, const QJsonArray &alarms)
{
    for (const QJsonValue &alarm : alarms) {
        const auto held = before.constFind(alarm[QLatin1String("id")].toString());
        if (held != before.cend() && alarm[QLatin1String("last_triggered")].toString() > (*held)[QLatin1String("last_triggered")].toString())
            emit triggeredMeanwhile(alarm.toObject());
    }
}

void AlarmClient::removePage(const QString &pageId)
{
    m_pages.remove(pageId);
    for (auto alarm = m_alarms.begin(); alarm != m_alarms.end();)
        alarm = (*alarm)[QLatin1String("page_id")].toString() == pageId ? m_alarms.erase(alarm) : std::next(alarm);
}

// The price belongs to the trigger, not to the alarm.
void AlarmClient::putAlarm(const QJsonObject &alarm)
{
    QJsonObject kept = alarm;
    kept.remove(QLatin1String("price"));
    m_alarms.insert(kept[QLatin1String("id")].toString(), kept);
}
