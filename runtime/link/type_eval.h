#ifndef DAVIT_RUNTIME_LINK_TYPE_EVAL_H_
#define DAVIT_RUNTIME_LINK_TYPE_EVAL_H_

#include <cstdint>

#include "runtime/binary/ast.h"
#include "runtime/link/scope.h"
#include "runtime/types/type.h"

// Evaluates type definitions of a validated component in a scope, with its resources known.
namespace davit::link {

types::TypePtr EvalValType(const binary::ValType& type, const Scope& scope);
types::TypePtr EvalDefValType(const binary::DefValType& def, const Scope& scope);
FuncTypePtr EvalFuncType(const binary::FuncTypeDef& def, const Scope& scope);

// What evaluating a type definition costs, counted in definitions: each of its bytes may become a
// part of the type.
uint64_t EvaluationCost(const binary::TypeDef& def);

// Any type definition but a resource. REQUIRES: `scope` outlives the result.
TypeValue EvalTypeDef(const binary::TypeDef& def, const Scope& scope);

// The same of a declarator of an instance type that is no export declarator.
uint64_t EvaluationCost(const binary::TypeDecl& decl);

// Evaluates a declarator of an instance type that is a type or an alias into `scope`. REQUIRES: it
// is no export declarator.
void DeclareType(const binary::TypeDecl& decl, Scope& scope);

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_TYPE_EVAL_H_
