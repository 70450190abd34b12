// A desk's connection to the alarm server: one QWebSocket at a time, the alarms as they are now, and the way back when it is lost.
#pragma once

#include <QJsonObject>
#include <QMap>
#include <QObject>
#include <QSslConfiguration>
#include <QString>
#include <QTimer>
#include <QUrl>
#include <QWebSocket>

#include <chrono>

class AlarmClient : public QObject
{
    Q_OBJECT

public:
    // From the loss of a connection to the next attempt.
    static constexpr std::chrono::seconds reconnectAfter{5};

    // server: https://host:port (or http://, for a server on this machine). silenceLimit: see onSilence().
    AlarmClient(const QUrl &server, const QSslConfiguration &tls, std::chrono::milliseconds silenceLimit, QObject *parent = nullptr);

    // Connects with this token, as POST /login gives it, and from then on again whenever the connection is lost.
    void open(const QString &token);
    // Ends the connection for good; stopped() follows.
    void close();

    // Says that the market has reached the alarm's condition. False: there is no connection, and nothing was sent.
    // The server answers with an alarm_update, or with an error.
    bool triggerAlarm(const QString &alarmId, double price);

    // By id, each as in initial_state.
    const QMap<QString, QJsonObject> &alarms() const { return m_alarms; }

signals:
    void connected();
    // After alarms() has taken it in. Types that this client does not know come too: more may be added to the protocol.
    void received(const QString &type, const QJsonObject &payload);
    // Why a connection broke, or was not made. Comes before lost(), stopped() or tokenRefused(), or just after it.
    void failed(const QString &why);
    // An attempt to reconnect follows after reconnectAfter. code: the server's close code; 1000 where it sent none, or none arrived.
    void lost(int code, const QString &reason);
    // No attempt follows: close() was called, or the server's code says that another one would end the same way.
    void stopped(int code, const QString &reason);
    // No attempt follows before open() is called with another token.
    void tokenRefused();

private slots:
    void onConnected();
    void onTextMessage(const QString &message);
    void onError();
    void onDisconnected();
    void onSilence();

private:
    void connectToServer();
    void handleInitialState(const QJsonObject &payload);
    void handleAlarmUpdate(const QJsonObject &payload);
    void addPage(const QJsonObject &payload);
    void removePage(const QString &pageId);
    void putAlarm(const QJsonObject &alarm);

    const QUrl m_server;
    const QSslConfiguration m_tls;
    QString m_token;
    QWebSocket *m_socket = nullptr;
    QTimer m_reconnect;
    QTimer m_silence;
    QString m_error;
    bool m_wasOpen = false;
    bool m_heard = false;
    bool m_closing = false;
    QMap<QString, QJsonObject> m_alarms;
};
