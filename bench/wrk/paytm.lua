-- Paytm's request signature, made here as the official libraries make it (paytmchecksum 1.5.1), on libcrypto.
local ffi = require("ffi")
ffi.cdef[[
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
const EVP_CIPHER *EVP_aes_128_cbc(void);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, void *engine, const unsigned char *key,
                       const unsigned char *iv);
int EVP_EncryptUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *n, const unsigned char *in, int in_n);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *n);
int EVP_EncodeBlock(unsigned char *out, const unsigned char *in, int n);
]]
local crypto = ffi.load("crypto.so.3")

paytm = {}

local IV = "@@@@&&&&####$$$$"
local digest, cipher, text = ffi.new("unsigned char[32]"), ffi.new("unsigned char[96]"), ffi.new("unsigned char[136]")
local count = ffi.new("int[1]")
local hex = {}
for i = 0, 255 do
   hex[i] = string.format("%02x", i)
end
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function paytm.start(key)
   paytm.context = crypto.EVP_CIPHER_CTX_new()
   assert(#key == 16, "the merchant key has 16 characters")
   assert(crypto.EVP_EncryptInit_ex(paytm.context, crypto.EVP_aes_128_cbc(), nil, key, IV) == 1)
end

-- The salt is a number here, so that no signature of a run comes twice.
function paytm.sign(body, number)
   local salt, pairs = {}, {}
   for i = 1, 4 do
      local letter = number % 64 + 1
      salt[i] = letters:sub(letter, letter)
      number = math.floor(number / 64)
   end
   salt = table.concat(salt)
   local salted = body .. "|" .. salt
   crypto.SHA256(salted, #salted, digest)
   for i = 0, 31 do
      pairs[i + 1] = hex[digest[i]]
   end
   local plain = table.concat(pairs) .. salt
   crypto.EVP_EncryptInit_ex(paytm.context, nil, nil, nil, IV)
   crypto.EVP_EncryptUpdate(paytm.context, cipher, count, plain, #plain)
   local n = count[0]
   crypto.EVP_EncryptFinal_ex(paytm.context, cipher + n, count)
   crypto.EVP_EncodeBlock(text, cipher, n + count[0])
   return ffi.string(text, 108)
end
