// The visitor that dependency-cruiser borrows from @swc/core does not know `using` declarations
// and throws on them. Remove this when the fixture in fixtures.mjs passes without it.
import visitorModule from '@swc/core/Visitor.js';

const { prototype } = visitorModule.Visitor ?? visitorModule.default;
const { visitStatement } = prototype;

prototype.visitStatement = function visitWithUsing(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  statement.decls = this.visitVariableDeclarators(statement.decls);
  return statement;
};
