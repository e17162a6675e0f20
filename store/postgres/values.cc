// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/values.h"

#include <sstream>

namespace seimon::store {

namespace {

// pg_type.dat
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;

std::array<char, 8> big_endian(std::int64_t number) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (56 - 8 * i) & 0xFFU);
  return bytes;
}

std::int64_t number_in(const char* bytes, int size) {
  std::uint64_t number = size == 4 && (static_cast<unsigned char>(bytes[0]) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (int i = 0; i < size; ++i) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(number);
}

Value value_at(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  const char* bytes = PQgetvalue(result, row, column);
  const int size = PQgetlength(result, row, column);
  switch (PQftype(result, column)) {
    case kBool:
    case kInt4:
    case kInt8: return number_in(bytes, size);
    case kBytea: return Blob(bytes, bytes + size);
    default: return std::string(bytes, static_cast<std::size_t>(size));
  }
}

}  // namespace

std::string one_line(const char* text) {
  std::istringstream words(text == nullptr ? "" : text);
  std::string line;
  for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::vector<Row> rows_of(const PGresult* result) {
  std::vector<Row> rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    Row& values = rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) values.push_back(value_at(result, row, column));
  }
  return rows;
}

Bound::Bound(const Row& parameters) {
  numbers_.reserve(parameters.size());  // their addresses stay
  for (const Value& value : parameters) add(value);
}

void Bound::add(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    numbers_.push_back(big_endian(*number));
    push(kInt8, numbers_.back().data(), numbers_.back().size());
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    push(kText, text->data(), text->size());
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    // A null pointer would be NULL.
    push(kBytea, blob->empty() ? "" : reinterpret_cast<const char*>(blob->data()), blob->size());
  } else {
    push(kText, nullptr, 0);
  }
}

void Bound::push(Oid type, const char* bytes, std::size_t size) {
  types.push_back(type);
  values.push_back(bytes);
  lengths.push_back(static_cast<int>(size));
  formats.push_back(1);
}

}  // namespace seimon::store
