/* CRC-32 by the processor's own instructions, which Swift can't name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* What cpilot_crc32_fold takes at least, in bytes. */
enum { CPILOT_CRC32_SHORTEST = 64 };

/* Whether this processor has what cpilot_crc32_fold needs. Costs a load; from any thread. */
bool cpilot_crc32_can_fold(void);

/* Continues a CRC-32 (IEEE 802.3, reflected, not inverted) over bytes. Only where cpilot_crc32_can_fold says so, and only
 * with a `length` of CPILOT_CRC32_SHORTEST at least that is a multiple of 16. */
uint32_t cpilot_crc32_fold(uint32_t crc, const uint8_t *bytes, size_t length);

/* The same from the start of a packet, whose own checksum at bytes 30 to 33 counts as zeros; its seed is that of the first byte. */
uint32_t cpilot_crc32_fold_packet(const uint8_t *bytes, size_t length);

#pragma clang assume_nonnull end
