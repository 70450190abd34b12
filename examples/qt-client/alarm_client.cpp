#include "alarm_client.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QtGlobal>
#include <QUrlQuery>

namespace {

// The server's close codes: in this range a client stops, with any other code, or none, it connects again.
constexpr int firstStop = 4000;
constexpr int lastStop = 4499;
constexpr int tokenEnded = 4001;

// QWebSocket tells a refused handshake's status in words only: "… Unhandled http status code: 401 (Unauthorized)."
bool isUnauthorized(const QString &error)
{
    static const QRegularExpression status(QStringLiteral("\\b401\\b"));
    return error.contains(status);
}

QUrl socketUrl(QUrl url, const QString &token)
{
    url.setScheme(url.scheme() == QLatin1String("https") ? QStringLiteral("wss") : QStringLiteral("ws"));
    url.setPath(QStringLiteral("/ws"));
    QUrlQuery query;
    query.addQueryItem(QStringLiteral("token"), token);
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

bool AlarmClient::triggerAlarm(const QString &alarmId, double price)
{
    if (m_socket == nullptr || m_socket->state() != QAbstractSocket::ConnectedState)
        return false;
    const QJsonObject message{
        {QStringLiteral("type"), QStringLiteral("trigger_alarm")},
        {QStringLiteral("payload"), QJsonObject{{QStringLiteral("alarm_id"), alarmId}, {QStringLiteral("price"), price}}},
    };
    m_socket->sendTextMessage(QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact)));
    return true;
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
    m_socket->open(socketUrl(m_server, m_token));
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
    const QJsonObject payload = object[QLatin1String("payload")].toObject();
    if (type == QLatin1String("initial_state"))
        handleInitialState(payload);
    else if (type == QLatin1String("alarm_update"))
        handleAlarmUpdate(payload);
    else if (type == QLatin1String("page_added"))
        addPage(payload);
    else if (type == QLatin1String("page_removed"))
        removePage(payload[QLatin1String("page_id")].toString());
    emit received(type, payload);
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
        emit failed(QStringLiteral("nothing was heard for too long"));
        return m_socket->abort();
    }
    m_heard = false;
    m_socket->ping();
}

void AlarmClient::handleInitialState(const QJsonObject &payload)
{
    m_alarms.clear();
    for (const QJsonValue &alarm : payload[QLatin1String("alarms")].toArray())
        putAlarm(alarm.toObject());
}

void AlarmClient::handleAlarmUpdate(const QJsonObject &payload)
{
    if (payload[QLatin1String("action")].toString() == QLatin1String("deleted"))
        m_alarms.remove(payload[QLatin1String("alarm_id")].toString());
    else
        putAlarm(payload[QLatin1String("data")].toObject());
}

void AlarmClient::addPage(const QJsonObject &payload)
{
    removePage(payload[QLatin1String("page")][QLatin1String("id")].toString());
    for (const QJsonValue &alarm : payload[QLatin1String("alarms")].toArray())
        putAlarm(alarm.toObject());
}

void AlarmClient::removePage(const QString &pageId)
{
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
