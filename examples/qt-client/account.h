// A user's account over HTTPS: registering, and logging in for the token that a connection needs.
#pragma once

#include <QByteArray>
#include <QNetworkAccessManager>
#include <QObject>
#include <QSslConfiguration>
#include <QString>
#include <QUrl>

#include <functional>

class Account : public QObject
{
    Q_OBJECT

public:
    Account(const QUrl &server, const QSslConfiguration &tls, const QString &username, const QString &password, QObject *parent = nullptr);

    // Both end with loggedIn() or refused() or unreachable().
    void registerAndLogIn();
    void logIn();

signals:
    void loggedIn(const QString &token);
    // The server's own words.
    void refused(const QString &why);
    // There was no answer, or one that asks to come again later.
    void unreachable(const QString &why);

private:
    void post(const QString &path, const QByteArray &contentType, const QByteArray &body, const std::function<void(const QJsonObject &)> &then);

    QNetworkAccessManager m_http;
    const QUrl m_server;
    const QSslConfiguration m_tls;
    const QString m_username;
    const QString m_password;
};
