// A desk's connection to the alarm server: one QWebSocket at a time, the alarms as they are now, and what happens when it is lost:
// the next connection resumes from what is held, so that no update is missed, and sends again what was not answered, so that no command is.
#pragma once

#include <QDateTime>
#include <QJsonArray>
#include <QJsonObject>
#include <QList>
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

    // Commands that may wait for their answers at a time.
    static constexpr int mostUnanswered = 1000;

    // Says that the market has reached the alarm's condition. Gives the command's id; received() brings its answer, a success or an error with this id.
    // Without a connection it waits for the next one, and it is sent again with the same id until it is answered: it takes effect once.
    // An empty text: too many commands wait, and this one was not taken.
    QString triggerAlarm(const QString &alarmId, double price);
    // Acknowledges the alarm's triggers as far as its page is held here, so never one that the user has not been shown. The comment may be empty.
    // Everything else as of triggerAlarm(): sent again, it still is for what had been shown then.
    QString acknowledge(const QString &alarmId, const QString &comment);
    // The server's state is held and follows what happens: commands go out at once.
    bool isLive() const { return m_isLive; }

    // By id, each as in initial_state.
    const QMap<QString, QJsonObject> &alarms() const { return m_alarms; }

signals:
    void connected();
    // After alarms() has taken it in. Types that this client does not know come too: more may be added to the protocol. What was missed while there was no
    // connection comes as the messages that would have brought it (alarm_update, page_update), or as page_added where the server sends the page's whole state
    // since that is smaller; then resumed. id: of the command that it answers; otherwise empty.
    void received(const QString &type, const QJsonObject &payload, const QString &id);
    // A whole state shows that this alarm, which was held before, has been triggered since: once or more often, the last time at its last_triggered. The prices
    // are in its history: GET /alarms/{id}/events. Comes before received() of the message that brought the state.
    void triggeredMeanwhile(const QJsonObject &alarm);
    // The command was sent, and its answer did not come for a day: the server may have forgotten its id, so it is not sent again.
    void outcomeUnknown(const QString &id);
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
    struct Unanswered {
        QString id;
        QString text;
        // Not valid: it was never sent.
        QDateTime firstSent;
    };
    enum class Taken { applied, ignored, gap };

    void connectToServer();
    QString command(const QString &type, const QJsonObject &payload);
    QString resumeMessage();
    void handleInitialState(const QJsonObject &payload);
    void handleResumed(const QJsonObject &payload);
    void handleAnswer(const QString &type, const QString &id);
    Taken takeUpdate(const QString &type, const QJsonObject &payload);
    void becomeLive();
    void startAnew(const QString &why);
    void giveUpConnection(const QString &why);
    void addPage(const QJsonObject &payload);
    void tellMissedTriggers(const QMap<QString, QJsonObject> &before, const QJsonArray &alarms);
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
    bool m_isLive = false;
    QString m_resumeId;
    // The log that the seqs are of. Empty: nothing to resume from; the next connection begins with the whole state.
    QString m_log;
    // Of each page that is held, the seq of the last event that is in m_alarms.
    QMap<QString, qint64> m_pages;
    QMap<QString, QJsonObject> m_alarms;
    // In the order they were given.
    QList<Unanswered> m_unanswered;
};
