/*
 * A security key made of software, for OpenSSH's middleware interface (sk-api.h, version 10). Its private keys lie in
 * their key handles. What it does is in the first word of the file STATE: "ready", "unplugged", "untouched" (nobody
 * touches it until its time is over), "careless" (signs without a touch), "verified" (knows who touched it).
 *
 * cc -shared -fPIC -DSTATE='"…"' -o token.so token.c -lcrypto
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#define API_VERSION 0x000a0000
#define ECDSA 0
#define ED25519 1
#define GENERAL (-1)
#define UNSUPPORTED (-2)
#define NOT_FOUND (-4)
#define PRESENT 0x01
#define VERIFIED 0x04

struct sk_enroll_response {
    uint8_t flags;
    uint8_t *public_key;
    size_t public_key_len;
    uint8_t *key_handle;
    size_t key_handle_len;
    uint8_t *signature;
    size_t signature_len;
    uint8_t *attestation_cert;
    size_t attestation_cert_len;
    uint8_t *authdata;
    size_t authdata_len;
};

struct sk_sign_response {
    uint8_t flags;
    uint32_t counter;
    uint8_t *sig_r;
    size_t sig_r_len;
    uint8_t *sig_s;
    size_t sig_s_len;
};

struct sk_option;
struct sk_resident_key;

static int state_is(const char *word)
{
    char state[32] = "";
    FILE *file = fopen(STATE, "r");
    if (file != NULL) {
        if (fscanf(file, "%31s", state) != 1)
            state[0] = '\0';
        fclose(file);
    }
    return strcmp(state, word) == 0;
}

uint32_t sk_api_version(void)
{
    return API_VERSION;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application, uint8_t flags,
              const char *pin, struct sk_option **options, struct sk_enroll_response **out)
{
    (void)challenge, (void)challenge_len, (void)application, (void)pin, (void)options;
    if (state_is("unplugged"))
        return NOT_FOUND;
    if (alg != ECDSA && alg != ED25519)
        return UNSUPPORTED;
    EVP_PKEY *key = alg == ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen("P-256");
    struct sk_enroll_response *made = calloc(1, sizeof(*made));
    uint8_t *seed = calloc(1, 32), *point = calloc(1, 65);
    size_t seed_len = 32, point_len = 65;
    BIGNUM *scalar = NULL;
    if (key == NULL || made == NULL || seed == NULL || point == NULL)
        return GENERAL;
    if (alg == ED25519) {
        point_len = 32;
        if (!EVP_PKEY_get_raw_private_key(key, seed, &seed_len) || !EVP_PKEY_get_raw_public_key(key, point, &point_len))
            return GENERAL;
    } else if (!EVP_PKEY_get_bn_param(key, "priv", &scalar) || BN_bn2binpad(scalar, seed, 32) != 32 ||
               !EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point, 65, &point_len) || point_len != 65) {
        return GENERAL;
    }
    /* The handle of an elliptic key also keeps its point: it takes both to sign. */
    made->key_handle_len = alg == ED25519 ? 32 : 32 + 65;
    made->key_handle = calloc(1, made->key_handle_len);
    made->signature = calloc(1, 1);
    made->signature_len = 1;
    if (made->key_handle == NULL || made->signature == NULL)
        return GENERAL;
    memcpy(made->key_handle, seed, 32);
    if (alg == ECDSA)
        memcpy(made->key_handle + 32, point, 65);
    made->flags = flags;
    made->public_key = point;
    made->public_key_len = point_len;
    BN_free(scalar);
    free(seed);
    EVP_PKEY_free(key);
    *out = made;
    return 0;
}

static int sign_ed25519(const uint8_t *seed, const uint8_t *text, size_t text_len, struct sk_sign_response *made)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    made->sig_r_len = 64;
    made->sig_r = calloc(1, 64);
    int good = key != NULL && context != NULL && made->sig_r != NULL &&
               EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
               EVP_DigestSign(context, made->sig_r, &made->sig_r_len, text, text_len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

/* The elliptic key behind a handle, by way of its DER (RFC 5915 inside nothing but itself). */
static EVP_PKEY *elliptic_key(const uint8_t *handle)
{
    static const uint8_t head[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
    static const uint8_t curve[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
                                    0xa1, 0x44, 0x03, 0x42, 0x00};
    uint8_t der[sizeof(head) + 32 + sizeof(curve) + 65], *end = der;
    memcpy(end, head, sizeof(head)), end += sizeof(head);
    memcpy(end, handle, 32), end += 32;
    memcpy(end, curve, sizeof(curve)), end += sizeof(curve);
    memcpy(end, handle + 32, 65);
    const uint8_t *at = der;
    return d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, sizeof(der));
}

static int sign_ecdsa(const uint8_t *handle, const uint8_t *text, size_t text_len, struct sk_sign_response *made)
{
    EVP_PKEY *key = elliptic_key(handle);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t der[128];
    size_t der_len = sizeof(der);
    const uint8_t *at = der;
    int good = key != NULL && context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
               EVP_DigestSign(context, der, &der_len, text, text_len) == 1;
    ECDSA_SIG *pair = good ? d2i_ECDSA_SIG(NULL, &at, (long)der_len) : NULL;
    made->sig_r_len = made->sig_s_len = 32;
    made->sig_r = calloc(1, 32);
    made->sig_s = calloc(1, 32);
    good = pair != NULL && made->sig_r != NULL && made->sig_s != NULL &&
           BN_bn2binpad(ECDSA_SIG_get0_r(pair), made->sig_r, 32) == 32 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), made->sig_s, 32) == 32;
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application, const uint8_t *key_handle,
            size_t key_handle_len, uint8_t flags, const char *pin, struct sk_option **options,
            struct sk_sign_response **out)
{
    (void)flags, (void)pin, (void)options;
    if (state_is("unplugged"))
        return NOT_FOUND;
    if (state_is("untouched"))
        return GENERAL;
    if (key_handle_len != (alg == ED25519 ? 32u : 32u + 65u))
        return GENERAL;
    struct sk_sign_response *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return GENERAL;
    made->flags = state_is("careless") ? 0 : state_is("verified") ? PRESENT | VERIFIED : PRESENT;
    made->counter = 17;
    uint8_t text[32 + 1 + 4 + 32] = {0};
    SHA256((const uint8_t *)application, strlen(application), text);
    text[32] = made->flags;
    text[36] = (uint8_t)made->counter;
    SHA256(data, data_len, text + 37);
    int good = alg == ED25519 ? sign_ed25519(key_handle, text, sizeof(text), made)
                              : sign_ecdsa(key_handle, text, sizeof(text), made);
    if (!good)
        return GENERAL;
    *out = made;
    return 0;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options, struct sk_resident_key ***keys, size_t *count)
{
    (void)pin, (void)options, (void)keys, (void)count;
    return UNSUPPORTED;
}
