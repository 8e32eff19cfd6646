#include "CPilotCRC.h"

/* x86-64: carry-less multiplication, after Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
 * Instruction" (Intel, 2009), whose names for the steps stand in the comments. The constants are powers of x modulo the
 * polynomial, bit-reflected and shifted by one, as they are there. */
#if defined(__x86_64__)

#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))

bool cpilot_crc32_can_fold(void) {
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

/* Moves a sum on by the distance that the keys are for, and adds what is there. */
FOLDING static inline __m128i fold(__m128i sum, __m128i keys, __m128i there) {
  const __m128i low = _mm_clmulepi64_si128(sum, keys, 0x00);
  const __m128i high = _mm_clmulepi64_si128(sum, keys, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

FOLDING static inline __m128i load(const uint8_t *bytes) {
  return _mm_loadu_si128((const __m128i *)bytes);
}

/* Ones but where a packet's own checksum stands, which counts as zeros: bytes 30 to 33. */
static const uint8_t packet_mask[64] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00,
    0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};

/* The four sums of a register of 512 bits, moved on by the distance that the keys are for. */
#define WIDE __attribute__((target("avx512f,avx512vl,vpclmulqdq,pclmul,sse4.1")))

WIDE static inline __m512i fold_wide(__m512i sums, __m512i keys, __m512i there) {
  const __m512i low = _mm512_clmulepi64_epi128(sums, keys, 0x00);
  const __m512i high = _mm512_clmulepi64_epi128(sums, keys, 0x11);
  return _mm512_ternarylogic_epi64(low, high, there, 0x96); /* exclusive or of all three */
}

/* 256 bytes at a time, in sixteen sums, then 64. Returns the four that are left, moved on to the end. */
WIDE static inline __m512i fold_256(uint32_t crc, const uint8_t *_Nonnull *bytes, size_t *length, bool is_packet) {
  const __m512i by256 = _mm512_broadcast_i32x4(_mm_set_epi64x(0x01322d1430, 0x011542778a));
  const __m512i by64 = _mm512_broadcast_i32x4(_mm_set_epi64x(0x01c6e41596, 0x0154442bd4));
  const uint8_t *at = *bytes;
  size_t left = *length - 256;
  __m512i a = _mm512_loadu_si512(at);
  if (is_packet) a = _mm512_and_si512(a, _mm512_loadu_si512(packet_mask));
  a = _mm512_xor_si512(a, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)crc)));
  __m512i b = _mm512_loadu_si512(at + 64), c = _mm512_loadu_si512(at + 128), d = _mm512_loadu_si512(at + 192);
  for (at += 256; left >= 256; at += 256, left -= 256) {
    a = fold_wide(a, by256, _mm512_loadu_si512(at));
    b = fold_wide(b, by256, _mm512_loadu_si512(at + 64));
    c = fold_wide(c, by256, _mm512_loadu_si512(at + 128));
    d = fold_wide(d, by256, _mm512_loadu_si512(at + 192));
  }
  a = fold_wide(fold_wide(fold_wide(a, by64, b), by64, c), by64, d);
  for (; left >= 64; at += 64, left -= 64) a = fold_wide(a, by64, _mm512_loadu_si512(at));
  *bytes = at, *length = left;
  return a;
}

static bool has_wide(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("vpclmulqdq");
}

FOLDING static uint32_t finish(__m128i a, __m128i b, __m128i c, __m128i d, const uint8_t *bytes, size_t length);

WIDE static uint32_t fold_wide_all(uint32_t crc, const uint8_t *bytes, size_t length, bool is_packet) {
  const __m512i sums = fold_256(crc, &bytes, &length, is_packet);
  return finish(
      _mm512_castsi512_si128(sums), _mm512_extracti32x4_epi32(sums, 1), _mm512_extracti32x4_epi32(sums, 2),
      _mm512_extracti32x4_epi32(sums, 3), bytes, length);
}

FOLDING static inline uint32_t fold_all(uint32_t crc, const uint8_t *bytes, size_t length, bool is_packet) {
  const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  if (length >= 256 && has_wide()) return fold_wide_all(crc, bytes, length, is_packet);

  /* Four sums side by side, so that a multiplication needn't wait for the one before. */
  __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)crc));
  __m128i b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
  if (is_packet) b = _mm_and_si128(b, load(packet_mask + 16)), c = _mm_and_si128(c, load(packet_mask + 32));
  for (bytes += 64, length -= 64; length >= 64; bytes += 64, length -= 64) {
    a = fold(a, by64, load(bytes));
    b = fold(b, by64, load(bytes + 16));
    c = fold(c, by64, load(bytes + 32));
    d = fold(d, by64, load(bytes + 48));
  }
  return finish(a, b, c, d, bytes, length);
}

/* Four sums, and what is left behind them: less than 64 bytes. */
FOLDING static uint32_t finish(__m128i a, __m128i b, __m128i c, __m128i d, const uint8_t *bytes, size_t length) {
  const __m128i by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const __m128i by4 = _mm_set_epi64x(0, 0x0163cd6124);
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  const __m128i low32 = _mm_setr_epi32(-1, 0, -1, 0);

  a = fold(fold(fold(a, by16, b), by16, c), by16, d);
  for (; length >= 16; bytes += 16, length -= 16) a = fold(a, by16, load(bytes));

  /* "Final reduction of 128 bits", then "Barrett reduction". */
  a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by16, 0x10));
  a = _mm_xor_si128(_mm_srli_si128(a, 4), _mm_clmulepi64_si128(_mm_and_si128(a, low32), by4, 0x00));
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low32), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low32), barrett, 0x00);
  return (uint32_t)_mm_extract_epi32(_mm_xor_si128(a, quotient), 1);
}

uint32_t cpilot_crc32_fold(uint32_t crc, const uint8_t *bytes, size_t length) {
  return fold_all(crc, bytes, length, false);
}

uint32_t cpilot_crc32_fold_packet(const uint8_t *bytes, size_t length) {
  return fold_all(UINT32_MAX, bytes, length, true);
}

/* arm64: CRC32X (Arm Architecture Reference Manual for A-profile, C6.2). */
#elif defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))

#include <arm_acle.h>
#include <string.h>

#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

bool cpilot_crc32_can_fold(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#else
bool cpilot_crc32_can_fold(void) { return true; }
#endif

__attribute__((target("crc"))) uint32_t cpilot_crc32_fold(uint32_t crc, const uint8_t *bytes, size_t length) {
  for (; length >= 8; bytes += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    crc = __crc32d(crc, word);
  }
  return crc;
}

__attribute__((target("crc"))) uint32_t cpilot_crc32_fold_packet(const uint8_t *bytes, size_t length) {
  uint8_t head[40];
  memcpy(head, bytes, sizeof head);
  memset(head + 30, 0, 4);
  const uint32_t crc = cpilot_crc32_fold(UINT32_MAX, head, sizeof head);
  return cpilot_crc32_fold(crc, bytes + sizeof head, length - sizeof head);
}

#else

bool cpilot_crc32_can_fold(void) { return false; }

uint32_t cpilot_crc32_fold(uint32_t crc, const uint8_t *bytes, size_t length) {
  (void)bytes, (void)length;
  return crc;
}

uint32_t cpilot_crc32_fold_packet(const uint8_t *bytes, size_t length) { return cpilot_crc32_fold(0, bytes, length); }

#endif
