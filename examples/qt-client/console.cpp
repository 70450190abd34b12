#include "console.h"

#include <cstdio>
#include <unistd.h>

Console::Console(QObject *parent) : QObject(parent), m_readable(STDIN_FILENO, QSocketNotifier::Read)
{
    connect(&m_readable, &QSocketNotifier::activated, this, &Console::onReadable);
}

void Console::print(const QString &text)
{
    QByteArray line = text.toUtf8();
    line.replace('\r', ' ').replace('\n', ' ');
    std::puts(line.constData());
    std::fflush(stdout);
}

// At the end of standard input no more commands come from there, and everything else goes on.
void Console::onReadable()
{
    char bytes[4096];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0)
        return m_readable.setEnabled(false);
    m_unfinished.append(bytes, count);
    for (qsizetype end = m_unfinished.indexOf('\n'); end >= 0; end = m_unfinished.indexOf('\n')) {
        const QString line = QString::fromUtf8(m_unfinished.first(end));
        m_unfinished.remove(0, end + 1);
        const QStringList words = line.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
        if (!words.isEmpty())
            emit entered(words);
    }
}
