// The terminal: a line for each thing that happens, and a line for each thing to do.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QSocketNotifier>
#include <QString>
#include <QStringList>

class Console : public QObject
{
    Q_OBJECT

public:
    explicit Console(QObject *parent = nullptr);

    // Writes one line, whatever is in the text.
    static void print(const QString &text);

signals:
    // One line of standard input, in words.
    void entered(const QStringList &words);

private slots:
    void onReadable();

private:
    QSocketNotifier m_readable;
    QByteArray m_unfinished;
};
