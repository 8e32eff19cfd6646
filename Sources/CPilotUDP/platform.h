/* Which form to compile, and what glibc's headers may lack. Included first, since it decides what they show. */
#pragma once

#if defined(__linux__) && !defined(CPILOT_UDP_PLAIN)
#define CPILOT_UDP_LINUX 1
#endif

#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#endif

#include <errno.h>
#include <sys/socket.h>

#ifdef CPILOT_UDP_LINUX
#include <netinet/udp.h>
#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
