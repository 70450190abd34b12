#include "account.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkReply>
#include <QNetworkRequest>

Account::Account(const QUrl &server, const QSslConfiguration &tls, const QString &username, const QString &password, QObject *parent)
    : QObject(parent), m_server(server), m_tls(tls), m_username(username), m_password(password)
{
}

void Account::registerAndLogIn()
{
    const QJsonObject body{{QStringLiteral("username"), m_username}, {QStringLiteral("password"), m_password}};
    post(QStringLiteral("/register"), "application/json", QJsonDocument(body).toJson(QJsonDocument::Compact), [this](const QJsonObject &) { logIn(); });
}

// Everything but letters and digits is escaped here: a QUrlQuery would send '+' as it is, and a form means a space by it.
void Account::logIn()
{
    const QByteArray body = "username=" + QUrl::toPercentEncoding(m_username) + "&password=" + QUrl::toPercentEncoding(m_password);
    post(QStringLiteral("/login"), "application/x-www-form-urlencoded", body, [this](const QJsonObject &answer) {
        emit loggedIn(answer[QLatin1String("access_token")].toString());
    });
}

void Account::post(const QString &path, const QByteArray &contentType, const QByteArray &body, const std::function<void(const QJsonObject &)> &then)
{
    QUrl url = m_server;
    url.setPath(path);
    QNetworkRequest request(url);
    request.setSslConfiguration(m_tls);
    request.setHeader(QNetworkRequest::ContentTypeHeader, contentType);
    request.setTransferTimeout();
    QNetworkReply *reply = m_http.post(request, body);
    connect(reply, &QNetworkReply::finished, this, [this, reply, then] {
        reply->deleteLater();
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        const QJsonObject answer = QJsonDocument::fromJson(reply->readAll()).object();
        if (reply->error() == QNetworkReply::NoError)
            then(answer);
        else if (status >= 400 && status < 500 && status != 429)
            emit refused(answer[QLatin1String("detail")].toString(reply->errorString()));
        else
            emit unreachable(answer[QLatin1String("detail")].toString(reply->errorString()));
    });
}
