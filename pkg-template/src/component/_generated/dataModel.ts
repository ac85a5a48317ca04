// What `convex codegen` would write for this component; it wants a deployment, so this is kept by hand.

import type { DataModelFromSchemaDefinition, DocumentByName, SystemTableNames, TableNamesInDataModel } from "convex/server";
import type { GenericId } from "convex/values";
import type schema from "../schema.js";

/** The names of the component's tables. */
export type TableNames = TableNamesInDataModel<DataModel>;

/** A row of a table. */
export type Doc<TableName extends TableNames> = DocumentByName<DataModel, TableName>;

/** The id of a row of a table. */
export type Id<TableName extends TableNames | SystemTableNames> = GenericId<TableName>;

/** The component's tables, with the types of their rows and indexes. */
export type DataModel = DataModelFromSchemaDefinition<typeof schema>;
